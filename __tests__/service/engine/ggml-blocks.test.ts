import { getLlama } from "node-llama-cpp";

import { GGML_BLOCKS } from "../../../service/src/engine/ggml-blocks.js";

interface TypeTraits {
  getBlockSizeForGgmlType(type: number): number | undefined;
  getTypeSizeForGgmlType(type: number): number | undefined;
}

it("has every type of the pinned llama.cpp, with its block, and no other", async () => {
  const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, progressLogs: false });
  const traits = (llama as unknown as { readonly _bindings: TypeTraits })._bindings;
  // Types that llama.cpp has removed report 0, and numbers beyond its last one nothing.
  const known = Array.from({ length: 256 }, (_, type) => type).filter((type) => traits.getTypeSizeForGgmlType(type));
  const reported = known.map((type) => [
    type,
    [traits.getBlockSizeForGgmlType(type), traits.getTypeSizeForGgmlType(type)],
  ]);
  await llama.dispose();
  expect(reported.length).toBeGreaterThan(30);
  expect(GGML_BLOCKS).toEqual(Object.fromEntries(reported));
});
