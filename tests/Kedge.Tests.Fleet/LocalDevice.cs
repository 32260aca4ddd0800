using System.Net;

namespace Kedge.Tests.Fleet;

/// <summary>One device of a <see cref="LocalFleet"/>: an agent process with its data folder.</summary>
public sealed class LocalDevice : IAsyncDisposable
{
    private readonly LocalFleet _fleet;
    private readonly string? _inventoryRoot;
    private OwnedProcess? _agent;

    internal LocalDevice(LocalFleet fleet, string name, string folder, string address, string? inventoryRoot)
    {
        _fleet = fleet;
        _inventoryRoot = inventoryRoot;
        Name = name;
        Folder = folder;
        Address = address;
    }

    public string Name { get; }

    public string Folder { get; }

    /// <summary>The loopback address on which its endpoints answer.</summary>
    public string Address { get; }

    public string DataFolder => Path.Combine(Folder, "data");

    public OwnedProcess Agent => _agent ?? throw new InvalidOperationException($"the agent of {Name} was not started");

    /// <summary>True for a device without a library that decodes images.</summary>
    public bool LacksImaging { get; set; }

    /// <summary>True for a device without TensorFlow Lite.</summary>
    public bool LacksTfLite { get; set; }

    /// <summary>Starts the agent.</summary>
    /// <param name="program">Another binary than the published one, for an upgrade.</param>
    public void Start(string? program = null)
    {
        string[] arguments =
        [
            "run", "--data", DataFolder, "--loopback-address", Address,
            "--serve", _fleet.Programs.Serve, "--runtime-library", Programs.RuntimeLibrary,
            .. _inventoryRoot is null ? Array.Empty<string>() : ["--inventory-root", _inventoryRoot],
        ];
        _agent = OwnedProcess.Start(
            program ?? _fleet.Programs.Agent,
            arguments,
            new Dictionary<string, string>
            {
                ["KEDGE_TFLITE_LIB"] = LacksTfLite ? Path.Combine(Folder, "none.so") : Programs.TfLiteLibrary,
                ["KEDGE_IMAGING_LIBS"] = LacksImaging ? Folder : Programs.ImagingFolder,
            },
            Path.Combine(Folder, "agent.log"));
    }

    public IPEndPoint EndPoint(int port) => new(IPAddress.Parse(Address), port);

    public string LogTail(int lines = 25) => _agent?.LogTail(lines) ?? "";

    /// <summary>Stops the agent and all that it left running.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.StopAsync(TimeSpan.FromSeconds(10));
            agent.Dispose();
        }

        if (Directory.Exists(DataFolder))
        {
            (await CommandResult.RunAsync(_fleet.Programs.Agent, ["stop", "--data", DataFolder])).MustSucceed();
        }
    }
}
