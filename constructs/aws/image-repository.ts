import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository";
import { Construct } from "constructs";

export interface ImageRepositoryProps {
  readonly name: string;
  /** Images that are kept; older ones expire. @default 30 */
  readonly keepImages?: number;
  /** Lets `destroy` delete a repository that still has images. @default false */
  readonly deleteWithImages?: boolean;
}

/** An ECR repository whose tags never move: a tag that was reviewed is the image that runs. */
export class ImageRepository extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { name, keepImages = 30, deleteWithImages = false }: ImageRepositoryProps) {
    super(scope, id);
    if (!Number.isInteger(keepImages) || keepImages < 1) {
      throw new Error(
        `keepImages (${keepImages}): at least the running image must stay. Choose a whole number from 1.`,
      );
    }
    const repository = new EcrRepository(this, "repository", {
      name,
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: "AES256" }],
      forceDelete: deleteWithImages,
    });
    new EcrLifecyclePolicy(this, "lifecycle", {
      repository: repository.name,
      policy: JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            description: "Layers of interrupted pushes",
            selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
            action: { type: "expire" },
          },
          {
            rulePriority: 2,
            description: `The last ${keepImages} images stay`,
            selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keepImages },
            action: { type: "expire" },
          },
        ],
      }),
    });
    this.url = repository.repositoryUrl;
  }
}
