using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kedge.Api;
using Kedge.Api.Resources;

namespace Kedge.Tests.Fleet;

/// <summary>
/// A control plane and some devices as real processes on this machine, each with a folder of its own. Devices get a
/// loopback address each, so that they can all answer on the same port, in a net that no other fleet has.
/// </summary>
public sealed class LocalFleet : IAsyncDisposable
{
    private readonly List<LocalDevice> _devices = [];
    private readonly LoopbackNet _net = LoopbackNet.Choose();
    private readonly int _serverPort = FreePort();
    private readonly int _linkPort = FreePort();
    private OwnedProcess? _server;
    private KedgeClient? _client;

    public LocalFleet(Programs programs, string folder)
    {
        Programs = programs;
        Folder = folder;
        Directory.CreateDirectory(folder);
    }

    public Programs Programs { get; }

    /// <summary>Names of the server, the loopback address among them; devices are told the first.</summary>
    public IReadOnlyList<string> Advertised { get; init; } = [];

    /// <summary>Ports of the server on the loopback address: administration, then the device link.</summary>
    public int[] ServerPorts => [_serverPort, _linkPort];

    public string Folder { get; }

    public IReadOnlyList<LocalDevice> Devices => _devices;

    public OwnedProcess Server => _server ?? throw new InvalidOperationException("the server was not started");

    /// <summary>The administrator's client, from the context that the server wrote.</summary>
    public KedgeClient Client => _client ??= new KedgeClient(
        ContextDocument.Load(ConfigFile).Find() ?? throw new InvalidOperationException($"no context in {ConfigFile}"));

    public string ConfigFile => Path.Combine(Folder, "admin", "config.json");

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["KEDGE_CONFIG"] = ConfigFile,
        ["NO_COLOR"] = "1",
    };

    /// <summary>Starts the control plane, or starts it again, and waits until it answers.</summary>
    public async Task StartServerAsync()
    {
        string[] arguments =
        [
            "server", "--data", Path.Combine(Folder, "server"), "--owner", Path.Combine(Folder, "owner"),
            "--listen", $"127.0.0.1:{_serverPort.ToString(CultureInfo.InvariantCulture)}",
            "--link-listen", $"127.0.0.1:{_linkPort.ToString(CultureInfo.InvariantCulture)}",
            .. Advertised.SelectMany(n => new[] { "--advertise", n }),
        ];
        _server = OwnedProcess.Start(Programs.Kedge, arguments, Environment, Path.Combine(Folder, "server.log"));
        await Until.TrueAsync(
            async () =>
            {
                if (_server.HasExited)
                {
                    throw new InvalidOperationException($"the server ended:\n{_server.LogTail()}");
                }

                return File.Exists(ConfigFile) && IsReachedHere()
                    && await Client.GetServerAsync(CancellationToken.None) is not null;
            },
            TimeSpan.FromSeconds(60),
            () => Task.FromResult(_server.LogTail()));
    }

    /// <summary>Points the administrator's context at this machine, where the server is told to name another.</summary>
    private bool IsReachedHere()
    {
        ContextDocument contexts = ContextDocument.Load(ConfigFile);
        if (Advertised.Count > 0 && contexts.Find() is { } context)
        {
            string here = $"https://127.0.0.1:{_serverPort.ToString(CultureInfo.InvariantCulture)}";
            contexts.With(context with { Server = here }).Save(ConfigFile);
        }

        return true;
    }

    /// <summary>Enrols a device with a one-time token of its own; its agent is not started yet.</summary>
    /// <param name="name">Name of the device.</param>
    /// <param name="labels">As <c>line=press</c>.</param>
    /// <param name="inventoryRoot">A captured tree of another machine; null for this one.</param>
    public async Task<LocalDevice> EnrolAsync(string name, string[] labels, string? inventoryRoot = null)
    {
        string token = (await KedgeAsync(
            ["token", "create", "--name", name, "-o", "name"])).MustSucceed().Output.Trim();
        string folder = Path.Combine(Folder, "devices", name);
        Directory.CreateDirectory(folder);
        LocalDevice device = new(this, name, folder, _net.Address(_devices.Count), inventoryRoot);
        string[] arguments =
        [
            "enroll", "--token", token, "--name", name, "--data", device.DataFolder,
            .. labels.SelectMany(l => new[] { "--label", l }),
        ];
        (await CommandResult.RunAsync(Programs.Agent, arguments)).MustSucceed();
        _devices.Add(device);
        return device;
    }

    /// <summary>Runs the command line as a user would.</summary>
    public Task<CommandResult> KedgeAsync(string[] arguments) =>
        CommandResult.RunAsync(Programs.Kedge, arguments, Environment, Folder);

    /// <summary>Waits until a deployment serves one package, and nothing else, on so many devices.</summary>
    public Task ServingAsync(string deployment, string package, int devices, TimeSpan deadline) => Until.TrueAsync(
        async () => (await EndpointsAsync(deployment)).Count(e => e.Serving && e.Packages.Contains(package)) == devices,
        deadline,
        async () => await DescribeAsync());

    public async Task<IReadOnlyList<EndpointResource>> EndpointsAsync(string deployment) =>
        [.. (await Client.ListEndpointsAsync(CancellationToken.None)).Items.Where(e => e.Deployment == deployment)];

    public async Task<DeviceResource> DeviceAsync(string name) =>
        await Client.GetDeviceAsync(name, CancellationToken.None);

    public async Task<string> DescribeAsync()
    {
        List<string> lines = [];
        try
        {
            foreach (DeviceResource d in (await Client.ListDevicesAsync("", CancellationToken.None)).Items)
            {
                lines.Add($"{d.Name} {d.Status} generation {d.ReportedGeneration}/{d.DesiredGeneration} "
                    + string.Join("; ", d.Workloads.Select(w =>
                        $"{w.Deployment} {w.Phase} {string.Join(',', w.ServingPackages)} "
                        + $"{w.Problem?.Code} {w.Problem?.Message}")));
            }

            foreach (DeploymentResource d in (await Client.ListDeploymentsAsync(CancellationToken.None)).Items)
            {
                ExplanationResource told = await Client.ExplainDeploymentAsync(d.Name, CancellationToken.None);
                lines.Add($"{d.Name} revision {told.Revision}: " + string.Join("; ", told.Devices.Select(e =>
                    $"{e.Device} {e.Verdict} {e.Code} {e.Reasons.FirstOrDefault()}")));
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            lines.Add($"the server does not answer: {e.Message}");
        }

        lines.AddRange(_devices.Select(d => $"--- {d.Name}\n{d.LogTail()}"));
        return string.Join('\n', lines);
    }

    /// <summary>
    /// Ends every agent, every workload and the control plane. What cannot be ended is told when all others have been.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        List<Exception> left = [];
        foreach (LocalDevice device in _devices)
        {
            try
            {
                await device.DisposeAsync();
            }
            catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException)
            {
                left.Add(e);
            }
        }

        _client?.Dispose();
        if (_server is not null)
        {
            await _server.StopAsync(TimeSpan.FromSeconds(10));
            _server.Dispose();
        }

        if (left.Count > 0)
        {
            throw new InvalidOperationException($"workloads may run on below {Folder}", new AggregateException(left));
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
