// The schemas of what the SDK 2.x has beyond 1.x.
import { anything, array, object } from "./outline.js";

export const DiscoverRequestSchema = /* @__PURE__ */ object({ method: "server/discover" }, "params");
export const DiscoverResultSchema = /* @__PURE__ */ object({}, "capabilities", "supportedVersions");
export const IdJagTokenExchangeResponseSchema = /* @__PURE__ */ object({}, "issued_token_type", "access_token");
export const JSONArraySchema = array;
export const JSONObjectSchema = /* @__PURE__ */ object({});
export const JSONValueSchema = anything;
export const RequestMetaSchema = /* @__PURE__ */ object({});
export const ResultMetaObjectSchema = /* @__PURE__ */ object({});
export const SubscriptionFilterSchema = /* @__PURE__ */ object({});
export const SubscriptionsAcknowledgedNotificationParamsSchema = /* @__PURE__ */ object({}, "notifications");
export const SubscriptionsAcknowledgedNotificationSchema = /* @__PURE__ */ object({ method: "notifications/subscriptions/acknowledged" }, "params");
export const SubscriptionsListenRequestParamsSchema = /* @__PURE__ */ object({}, "notifications");
export const SubscriptionsListenRequestSchema = /* @__PURE__ */ object({ method: "subscriptions/listen" }, "params");
export const SubscriptionsListenResultMetaSchema = /* @__PURE__ */ object({}, "io.modelcontextprotocol/subscriptionId");
export const SubscriptionsListenResultSchema = /* @__PURE__ */ object({}, "_meta");
