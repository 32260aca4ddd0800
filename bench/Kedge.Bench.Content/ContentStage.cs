using System.Globalization;
using System.Net;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>
/// A real server, and real agents that reach it only through two proxies that count: one for content, one for the link.
/// It all lives in a network namespace of its own, in which <see cref="Address"/> is the server's.
/// </summary>
internal sealed class ContentStage : IAsyncDisposable
{
    /// <summary>Where devices find the server: the proxies.</summary>
    public const string Address = "10.203.0.1";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly WireProxy _link;
    private int _port = 8500;

    private ContentStage(LocalFleet fleet)
    {
        Fleet = fleet;
        Content = Proxy(fleet.ServerPorts[0]);
        _link = Proxy(fleet.ServerPorts[1]);
    }

    public LocalFleet Fleet { get; }

    /// <summary>The line that content comes over.</summary>
    public WireProxy Content { get; }

    /// <summary>The line of desired states and reports.</summary>
    public WireProxy Link => _link;

    public static async Task<ContentStage> StartAsync()
    {
        Programs programs = Programs.Find(AppContext.BaseDirectory);
        string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
        ContentStage stage = new(new LocalFleet(programs, folder) { Advertised = [Address, "127.0.0.1"] });
        try
        {
            await stage.Fleet.StartServerAsync();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Enrols and starts a device, and waits until it is connected.</summary>
    /// <param name="name">Its name; a label <c>bench</c> has the same value unless others are given.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="agent">Another program that starts the agent; null for the agent itself.</param>
    /// <param name="prepare">Done between enrolment and start.</param>
    public async Task<LocalDevice> DeviceAsync(
        string name, string[]? labels = null, string? agent = null, Action<LocalDevice>? prepare = null)
    {
        LocalDevice device = await Fleet.EnrolAsync(name, labels ?? [$"bench={name}"]);
        prepare?.Invoke(device);
        device.Start(agent);
        await Until.TrueAsync(
            async () => await Fleet.DeviceAsync(name) is { Connected: true, Architecture.Length: > 0 },
            Patience, Fleet.DescribeAsync);
        return device;
    }

    /// <summary>Pushes a model.</summary>
    public async Task PushAsync(string name, string tag, ModelPath model) => (await Fleet.KedgeAsync(
        ["model", "push", model.File, "--name", name, "--tag", tag, "--golden", model.Golden])).MustSucceed();

    /// <summary>A port for a deployment of its own.</summary>
    public int NextPort() => _port++;

    /// <summary>Asks for a model wherever the label <c>bench</c> has a value.</summary>
    public Task ApplyAsync(string name, string tag, string label, int port) =>
        ApplyPackageAsync(name, $"{name}:{tag}", label, port);

    /// <summary>Deploys a package under a name of its own.</summary>
    public async Task ApplyPackageAsync(string name, string package, string label, int port) =>
        await Fleet.Client.ApplyAsync(
        $$$"""
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: {{{name}}}}
        spec:
          selector: {matchLabels: {bench: "{{{label}}}"}}
          models:
          - {name: model, package: "{{{package}}}"}
          endpoint: {port: {{{port.ToString(CultureInfo.InvariantCulture)}}}, expose: loopback}
          resources: {requests: {memory: 32Mi}, limits: {cpu: 500m, memory: 512Mi, pids: 64}}
          strategy: {type: All}

        """,
        false, false, CancellationToken.None);

    /// <summary>Waits until so many devices serve a model and have told everything.</summary>
    public Task ServingAsync(string name, string tag, int devices, TimeSpan? patience = null) =>
        ServingPackageAsync(name, $"{name}:{tag}", devices, patience);

    /// <summary>Waits until so many devices serve a package and have told everything.</summary>
    public async Task ServingPackageAsync(string name, string package, int devices, TimeSpan? patience = null)
    {
        await Fleet.ServingAsync(name, package, devices, patience ?? Patience);
        await Until.TrueAsync(
            async () => (await Fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items
                .All(device => device.Settled || !device.Connected),
            Patience, Fleet.DescribeAsync);
    }

    /// <summary>Bytes of content that a device has taken from the server since its agent started.</summary>
    public static Task<double> FetchedAsync(LocalDevice device) =>
        AgentSocket.MetricAsync(device, "kedge_agent_fetched_bytes_total", CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Content.DisposeAsync();
        await _link.DisposeAsync();
        Directory.Delete(Fleet.Folder, recursive: true);
    }

    private static WireProxy Proxy(int port) =>
        new(new IPEndPoint(IPAddress.Parse(Address), port), new IPEndPoint(IPAddress.Loopback, port));
}
