/**
 * The `sub` claims by which a role recognises the runs of one GitHub repository, exact for exact.
 *
 * Repositories that were created, renamed or transferred on or after 15 July 2026 have the ids in their subject; older
 * ones can opt in. A repository given with its ids is trusted under both, so that opting in breaks nothing.
 * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
 * @param repository `acme/chat`, or `acme@12/chat@34` with the ids of owner and repository
 * @param context what started the run, e.g. `pull_request` or `environment:production`
 */
export function githubSubjects(repository: string, context: string): string[] {
  const byName = repository.replace(/@\d+/g, "");
  return [...new Set([byName, repository])].map((name) => `repo:${name}:${context}`);
}
