using Kedge.Agent;
using Kedge.Agent.Disk;
using Kedge.Agent.Identity;
using Kedge.Agent.Link;
using Kedge.Agent.Neighbours;
using Kedge.Agent.Source;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Tests.Support.Devices;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>
/// An agent in this process that reaches a server over the real link and the real content calls, on a folder of its
/// own. Only its processes are in memory: no model runs.
/// </summary>
internal sealed class RealAgent : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-agent-").FullName;
    private readonly ShiftedTime _time = new();
    private CancellationTokenSource? _stop;
    private HttpsArtifactSource? _source;
    private AgentLoop? _loop;
    private Task _running = Task.CompletedTask;

    private RealAgent(string name) => Name = name;

    public string Name { get; }

    public MemorySupervisor Supervisor { get; } = new();

    public RealDisk Disk => new(_folder);

    public Credentials Credentials { get; private set; } = null!;

    /// <summary>Where it answers other devices of its site; null for nowhere.</summary>
    public NeighbourConfig? Neighbours { get; set; }

    public AgentLoop Loop => _loop ?? throw new InvalidOperationException($"{Name} does not run");

    public static async Task<RealAgent> EnrolAsync(TestServer server, string name, params (string, string)[] labels)
    {
        string token = await server.TokenAsync(new EnrollmentTokenRequest
        {
            Labels = labels.ToDictionary(static l => l.Item1, static l => l.Item2),
        });
        return await EnrolAsync(token, name, server.Ct);
    }

    public static async Task<RealAgent> EnrolAsync(string token, string name, CancellationToken ct)
    {
        RealAgent agent = new(name);
        agent.Credentials = await new Enroller(agent.Disk, agent._time, 0).EnrolAsync(
            EnrolmentTicket.TryParse(token)!, "", name, new Dictionary<string, string>(), ct);
        return agent;
    }

    /// <summary>Starts the agent on what its folder holds.</summary>
    /// <param name="clock">How far its clock is from the true one.</param>
    public void Start(TimeSpan clock = default)
    {
        _time.Offset = clock;
        Credentials = Credentials.Open(Disk)!;
        _stop = new CancellationTokenSource();
        _source = new HttpsArtifactSource(Credentials, _time, Floor);
        NeighbourSide? side = Neighbours is null
            ? null
            : new NeighbourSide(Neighbours, Credentials, Disk, _source, (_time, Floor, null));
        AgentOptions options = new()
        {
            Credentials = Credentials,
            AgentVersion = "0.1.0",
            ReadFacts = Facts,
            Neighbours = side,
            RunHeavy = side is null ? null : Task.Run,
        };
        _loop = new AgentLoop(
            Disk, new MqttDeviceLink(Credentials, _time, Floor), _source, Supervisor, _time, new Rng(1),
            Credentials.Identity, options);
        side?.Start();
        AgentLoop loop = _loop;
        CancellationToken ct = _stop.Token;
        _running = Task.Run(() => loop.RunAsync(ct), CancellationToken.None);
        long Floor() => _loop?.FloorMs ?? 0;
    }

    public async Task StopAsync()
    {
        if (_stop is null || _loop is null || _source is null)
        {
            return;
        }

        await _stop.CancelAsync();
        await _running;
        await _loop.DisposeAsync();
        await _source.DisposeAsync();
        _stop.Dispose();
        _stop = null;
    }

    /// <summary>Waits for something of the agent; the deadline prints what it says of itself.</summary>
    public Task UntilAsync(TestServer server, Func<AgentSnapshot, bool> holds) => server.UntilAsync(
        () => Task.FromResult(Loop.Snapshot),
        holds,
        s => $"{Name}: link {s.IsLinkUp} after {s.LinkConnections}, {s.LinkProblem?.Code} {s.LinkProblem?.Message}, "
            + $"serving {s.Serving.Count}, bundle {Credentials.Bundle.Held?.Version}, running {_running.Status}");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A machine that any deployment of these tests fits on.</summary>
    private static DeviceFacts Facts() => new()
    {
        Architecture = "x64",
        Cpus = [new CpuFacts(0, 0, 0, 0, 0), new CpuFacts(1, 1, 0, 0, 0)],
        MemoryBytes = 4L << 30,
        MemoryAvailableBytes = 3L << 30,
        DataFreeBytes = 10L << 30,
        Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
    };
}
