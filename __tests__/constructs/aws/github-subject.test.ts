import { githubSubjects } from "../../../constructs/aws/github-subject";

it("trusts the name alone where no ids are known, and both forms where they are", () => {
  expect(githubSubjects("acme/chat", "pull_request")).toEqual(["repo:acme/chat:pull_request"]);
  expect(githubSubjects("acme@12/chat@34", "environment:demo")).toEqual([
    "repo:acme/chat:environment:demo",
    "repo:acme@12/chat@34:environment:demo",
  ]);
});
