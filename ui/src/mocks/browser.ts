/** `npm run dev:mock`: the whole interface on a world that lives in the page. `?mock=port` and `?mock=degraded` show trouble. */
import { getResponse } from "msw";
import { handlers } from "./handlers";
import { seedFleet, seedStory } from "./inspect";
import { degraded, healthy, portTaken } from "./runtime";
import { seed } from "./script";
import { World } from "./world";

export async function startMock(): Promise<void> {
  const world = new World();
  const mode = new URLSearchParams(window.location.search).get("mock");
  if (mode !== "empty") {
    await seed(world);
    seedStory(world);
    seedFleet(world);
    world.inOrder();
  }
  if (mode === "reader") world.owner = false;
  const status = mode === "port" ? portTaken : mode === "degraded" ? degraded : healthy;
  const routes = handlers(world, () => status());
  const network = window.fetch;
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const answer = await getResponse(routes, request);
    return answer ?? network(input, init);
  };
  Object.assign(window, { mockWorld: world });
}
