/** The role that `cdktf diff` of a pull request assumes. */
export const GITHUB_ISSUER = "token.actions.githubusercontent.com";
