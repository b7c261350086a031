import Tool from "./tool";

export default function Page() {
  return <Tool />;
}
