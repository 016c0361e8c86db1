/** Deploys, downloads and drains take minutes on a busy machine; what a test waits for is an event, never this limit. */
jest.setTimeout(900_000);
