//! A link with simulated time: what is sent arrives later, in turns, or not at all.

use std::collections::VecDeque;

use mcp_wasm::proto::Millis;

/// How a link treats what it carries. It never reorders.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    pub name: &'static str,
    /// How long every frame is under way.
    pub latency: Millis,
    /// At most how much longer, by a dice with this seed.
    pub jitter: Millis,
    /// Frames arrive only at multiples of this: many in one turn.
    pub turn: Millis,
    pub seed: u64,
}

impl Weather {
    /// Everything arrives at once, one frame at a time.
    pub const STILL: Self = Self { name: "still", latency: 0.0, jitter: 0.0, turn: 0.0, seed: 1 };
    /// A far server.
    pub const FAR: Self = Self { name: "far", latency: 80.0, ..Self::STILL };
    /// Each frame comes in a turn of its own, more or less late.
    pub const GUSTY: Self = Self { name: "gusty", latency: 5.0, jitter: 40.0, turn: 0.0, seed: 7 };
    /// Whole batches arrive in one turn.
    pub const BATCHED: Self =
        Self { name: "batched", latency: 5.0, jitter: 0.0, turn: 250.0, seed: 1 };
    pub const ALL: [Self; 4] = [Self::STILL, Self::FAR, Self::GUSTY, Self::BATCHED];
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    IsLost,
    ArrivesTwice,
}

/// What a lane carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Frame(String),
    Close,
}

/// One direction of a link.
pub struct Lane {
    weather: Weather,
    dice: u64,
    under_way: VecDeque<(Millis, Item)>,
    last_due: Millis,
    /// Decides what becomes of each frame.
    pub fate: Box<dyn FnMut(&str) -> Fate>,
}

impl Lane {
    pub fn new(weather: Weather) -> Self {
        Self {
            weather,
            dice: weather.seed,
            under_way: VecDeque::new(),
            last_due: 0.0,
            fate: Box::new(|_| Fate::Arrives),
        }
    }

    pub fn send(&mut self, item: &Item, now: Millis) {
        let copies = match item {
            Item::Frame(text) => match (self.fate)(text) {
                Fate::Arrives => 1,
                Fate::IsLost => 0,
                Fate::ArrivesTwice => 2,
            },
            Item::Close => 1,
        };
        for _ in 0..copies {
            let mut due = now + self.weather.latency + self.weather.jitter * self.throw();
            if self.weather.turn > 0.0 {
                due = (due / self.weather.turn).ceil() * self.weather.turn;
            }
            self.last_due = due.max(self.last_due);
            self.under_way.push_back((self.last_due, item.clone()));
        }
    }

    /// When the next item arrives; infinite if none is under way.
    pub fn due(&self) -> Millis {
        self.under_way.front().map_or(f64::INFINITY, |(due, _)| *due)
    }

    /// The next item, if it has arrived by now.
    pub fn arrived(&mut self, now: Millis) -> Option<Item> {
        if self.due() > now {
            return None;
        }
        self.under_way.pop_front().map(|(_, item)| item)
    }

    /// Loses all that is under way.
    pub fn cut(&mut self) {
        self.under_way.clear();
    }

    /// A number from 0 up to 1 (splitmix64).
    #[allow(clippy::cast_precision_loss)] // 53 bits
    fn throw(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
