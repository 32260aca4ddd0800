using Kedge.Api.Resources;
using Kedge.Core.Desired;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>
/// A server and devices that serve revision 1 of one deployment; tests say what they make of the next.
/// </summary>
internal sealed class RolloutFleet : IAsyncDisposable
{
    public const string Name = "bearing-monitor";

    /// <summary>One canary, no soak, then 60 %, then everybody.</summary>
    public const string Waves = "{type: Waves, canary: {count: 1}, waves: [60%], soak: 0s}";

    private readonly List<TestDevice> _devices = [];

    private RolloutFleet(TestServer server) => Server = server;

    public TestServer Server { get; }

    public IReadOnlyList<TestDevice> Devices => _devices;

    public static async Task<RolloutFleet> StartAsync(
        int devices, Func<ServerOptions, ServerOptions>? change = null)
    {
        RolloutFleet fleet = new(await TestServer.StartAsync(change));
        foreach ((string tag, byte seed) in new (string, byte)[] { ("v1", 1), ("v2", 2), ("v3", 3) })
        {
            await TestPackage.PushAsync(fleet.Server, "bearing", tag, seed);
        }

        for (int i = 1; i <= devices; i++)
        {
            TestDevice device = await fleet.Server.EnrolAsync($"press-{i}", ("line", "press"));
            fleet._devices.Add(device);
            await device.ConnectAsync();
            await device.ReportFactsAsync();
        }

        await fleet.ApplyAsync("v1", "{type: All}");
        await fleet.ServeAsync(1, fleet._devices);
        return fleet;
    }

    public static string Manifest(string tag, string strategy) => $$$"""
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: bearing-monitor}
        spec:
          selector: {matchLabels: {line: press}}
          models:
          - {name: bearing, package: "bearing:{{{tag}}}"}
          endpoint: {port: 8500, expose: loopback}
          strategy: {{{strategy}}}

        """;

    public Task ApplyAsync(string tag, string strategy) =>
        Server.Client.ApplyAsync(Manifest(tag, strategy), false, false, Server.Ct);

    /// <summary>Waits until so many devices are asked for a revision, and gives them.</summary>
    public async Task<IReadOnlyList<TestDevice>> AskedAsync(long revision, int count) => await Server.UntilAsync(
        () => Task.FromResult(_devices.Where(d => RevisionOf(d) == revision).ToArray()),
        asked => asked.Length == count,
        asked => $"{asked.Length} devices are asked for revision {revision}: "
            + string.Join(", ", _devices.Select(d => $"{d.Name}={RevisionOf(d)}")));

    /// <summary>These devices say that they serve a revision, once they are asked for it.</summary>
    public async Task ServeAsync(long revision, IEnumerable<TestDevice> devices)
    {
        foreach (TestDevice device in devices)
        {
            await ReportAsync(device, revision, revision, null);
        }
    }

    /// <summary>A device gives a revision up and goes on with another.</summary>
    public Task GiveUpAsync(TestDevice device, long revision, long serving) => ReportAsync(
        device, revision, serving, new ProblemMessage("KEDGE-SERVE-010", "2 of 8 golden samples agree, 8 must"));

    /// <summary>A device has a revision ready and may not replace what serves.</summary>
    public Task WaitAsync(TestDevice device, long revision, long serving) => ReportAsync(
        device, revision, serving, new ProblemMessage("KEDGE-DEVICE-003", "held by this device: in motion"), "waiting");

    public Task<RolloutResource> RolloutAsync() => Server.Client.GetRolloutAsync(Name, Server.Ct);

    public Task<RolloutResource> UntilAsync(Func<RolloutResource, bool> holds) => Server.UntilAsync(
        RolloutAsync, holds, r => $"{r.Phase} of {r.Target}, wave {r.Wave}/{r.Waves}, {r.Exposed} exposed, "
            + $"{r.Serving} serving: {string.Join("; ", r.Waits)} {r.Reason}");

    public async ValueTask DisposeAsync()
    {
        foreach (TestDevice device in _devices)
        {
            await device.DisposeAsync();
        }

        await Server.DisposeAsync();
    }

    private static long RevisionOf(TestDevice device) =>
        device.Desired() is { Workloads: [var workload] } ? workload.Revision : 0;

    private static async Task ReportAsync(
        TestDevice device, long revision, long serving, ProblemMessage? problem, string phase = "serving")
    {
        DesiredState state = await device.UntilDesiredAsync(
            s => s.Workloads.Length == 1 && s.Workloads[0].Revision == revision);
        await device.ReportStatusAsync(state.Generation.Value, new WorkloadStatus
        {
            Name = Name,
            Phase = phase,
            TargetRevision = revision,
            TargetRelease = state.Workloads[0].Digest.ToString(),
            ServingRevision = serving,
            ServingRelease = state.Workloads[0].Digest.ToString(),
            ServingPackages = [$"bearing:v{serving}"],
            Endpoint = "http://127.0.0.1:8500",
            Problem = problem,
        });
    }
}
