using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Kedge.Agent.Disk;
using Kedge.Agent.Identity;
using Kedge.Agent.Link;
using Kedge.Agent.Metrics;
using Kedge.Agent.Neighbours;
using Kedge.Agent.Sandbox;
using Kedge.Agent.Source;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Native;

namespace Kedge.Agent.Commands;

/// <summary>
/// <c>kedge-agent run</c>: makes the drivers, the loop and the local sockets, and runs until asked to end.
/// </summary>
internal static class RunCommand
{
    internal static async Task<int> RunAsync(Arguments arguments, TimeProvider time, CancellationToken cancel)
    {
        ResidentMemory.ShareHeap();
        DataFolder folder = new(arguments.One("--data"));
        if (!Directory.Exists(folder.Disk.Root) || Credentials.Open(folder.Disk) is not { } credentials)
        {
            throw new KedgeException(AgentErrors.NotEnrolled, $"{folder.Disk.Root} is not enrolled");
        }

        folder.Lock();
        AgentConfig config = Configure(AgentConfig.Load(folder.Disk), arguments);
        AgentLog log = new(Console.Error, time);
        AgentLoop? loop = null;
        long Floor() => loop?.FloorMs ?? DataFolder.BuiltAtMs;
        SupervisorOptions programs =
            folder.Supervisor(config, arguments.One("--serve"), arguments.One("--runtime-library")) with
            {
                Sensors = new RealDisk(arguments.One("--inventory-root") ?? "/"),
            };
        using ServeSupervisor supervisor = new(programs, time);
        HttpsArtifactSource source = new(credentials, time, Floor);
        await using ConfiguredAsyncDisposable closing = source.ConfigureAwait(false);
        NeighbourSide? neighbours = config.Neighbours is null
            ? null
            : new NeighbourSide(config.Neighbours, credentials, folder.Disk, source, (time, Floor, log));
        AgentOptions options = Options(folder, config, arguments, programs) with
        {
            Credentials = credentials,
            Neighbours = neighbours,
            Log = log,
        };
        log.Say("agent-start", ("version", DataFolder.Version), ("device", credentials.Identity.Device),
            ("data", folder.Disk.Root), ("pid", Environment.ProcessId));
        MqttDeviceLink link = new(credentials, time, Floor)
        {
            KeepAlive = TimeSpan.FromSeconds(config.KeepAliveSeconds),
        };
        loop = new AgentLoop(
            folder.Disk, link, source, supervisor, time, NewRng(), credentials.Identity, options);
        await using ConfiguredAsyncDisposable stopping = loop.ConfigureAwait(false);
        LocalAnswers answers = new(loop, credentials, folder, options, time);
        LocalServer local = new(folder.Socket, config.MetricsPort, answers.AnswerAsync, log);
        await using ConfiguredAsyncDisposable closingLocal = local.ConfigureAwait(false);
        local.Start();
        neighbours?.Start();
        using Heartbeat heartbeat = new(loop, time);
        using MemoryTrim trim = new(time);
        using TraceForwarder? traces = config.Traces is null
            ? null
            : new TraceForwarder(
                supervisor.TakeTraces, folder.Disk.HostPath(TraceForwarder.Folder), config.Traces, time);
        heartbeat.Ready();
        await loop.RunAsync(cancel).ConfigureAwait(false);
        heartbeat.Stopping();
        log.Say("agent-end", ("workloads", loop.Snapshot.Serving.Count));
        return ExitCodes.Done;
    }

    /// <summary>The command line wins over <c>agent.json</c>.</summary>
    internal static AgentConfig Configure(AgentConfig config, Arguments arguments)
    {
        if (arguments.One("--metrics-port") is { } text)
        {
            config = int.TryParse(text, out int port) && port is >= 0 and <= 65535
                ? config with { MetricsPort = port }
                : throw new KedgeException(AgentErrors.Usage, "--metrics-port takes 0..65535");
        }

        return arguments.One("--loopback-address") is { } address ? config with { LoopbackAddress = address } : config;
    }

    private static AgentOptions Options(
        DataFolder folder, AgentConfig config, Arguments arguments, SupervisorOptions programs)
    {
        string? inventoryRoot = arguments.One("--inventory-root");
        RealDisk inventory = new(inventoryRoot ?? "/");
        return new AgentOptions
        {
            AgentVersion = DataFolder.Version,
            BuiltAtMs = DataFolder.BuiltAtMs,
            EndpointFolder = folder.Endpoints,
            LoopbackAddress = config.LoopbackAddress,
            AllowsNoSandbox = config.AllowNoSandbox,
            SpoolBytesMax = config.SpoolBytesMax,
            ContentBytesMax = config.ContentBytes(),
            VerifyEvery = config.Verifying(),
            Bandwidth = config.Bandwidth?.Rule([]) ?? BandwidthRule.None,
            IsSimulated = inventoryRoot is not null,
            ReadMemory = static () => Cgroups.NumberIn("/proc/meminfo", "MemAvailable:") * Limits.KiB,
            RunHeavy = static work => Task.Run(work),
            ReadFacts = () => FactsReader.Read(inventory, folder.Disk, programs, inventoryRoot is not null),
        };
    }

    private static Rng NewRng() => new(RandomNumberGenerator.GetBytes(32));
}
