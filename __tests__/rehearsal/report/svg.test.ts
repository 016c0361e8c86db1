import { timelineSvg } from "../../../rehearsal/report/svg";
import { seen, workload } from "../observations";

it("the picture has a lane for each probe, the container, the endpoints and the client, and escapes its title", () => {
  const svg = timelineSvg({ title: "a <b> & c", entries: seen().entries, seconds: 10, probes: workload.pod.probes });
  for (const lane of ["startup", "liveness", "readiness", "container", "endpoints", "client"]) {
    expect(svg).toContain(`>${lane}</text>`);
  }
  expect(svg).toContain("a &lt;b&gt; &amp; c");
  expect(svg).toContain("SIGTERM");
});
