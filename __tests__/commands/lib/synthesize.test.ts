import { EXAMPLES } from "../../../commands/lib/synthesize";
import { ENVIRONMENTS } from "../../../config/environments";

it("has an example of every environment, and of the state bucket", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual([...Object.keys(ENVIRONMENTS), "the state bucket"].sort());
});
