import { ImageRepository } from "../../../constructs/aws/image-repository";
import { synthConstructs } from "../../helpers/synth-stack";

it("keeps the last 30 images, and removes what interrupted pushes left after a week", () => {
  const stack = synthConstructs(
    (scope) => new ImageRepository(scope, "images", { name: "x", deleteWithImages: false }),
  );
  const policy = JSON.parse(String(stack.one("aws_ecr_lifecycle_policy")["policy"])) as {
    rules: { selection: { countNumber: number } }[];
  };
  expect(policy.rules.map(({ selection }) => selection.countNumber)).toEqual([7, 30]);
  expect(stack.one("aws_ecr_repository")["force_delete"]).toBe(false);
});
