using System.Diagnostics;
using System.Net;
using Kedge.Agent;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Store.Conformance.Drivers;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>Two whole servers as processes over one PostgreSQL, behind one address; one of them is killed.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private static readonly IPAddress First = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Second = IPAddress.Parse("127.0.0.3");
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-replicas-").FullName;
    private readonly PostgresServer _postgres = new();
    private readonly Balancer _https = new(First, Second);
    private readonly Balancer _link = new(First, Second);
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(3));
    private readonly List<Process> _servers = [];
    private string _store = "";

    private CancellationToken Ct => _limit.Token;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _store = _postgres.ConnectionString(await _postgres.CreateDatabaseAsync());
    }

    [Fact]
    public async Task Devices_of_a_killed_replica_go_on_at_the_other_and_nothing_is_lost()
    {
        Process first = Start("first", First);
        using KedgeClient atFirst = await ClientAsync(First);
        CopyKeys("first", "second");
        Process second = Start("second", Second);
        using KedgeClient atSecond = await ClientAsync(Second);

        List<RealAgent> agents = [];
        try
        {
            for (int i = 0; i < 4; i++)
            {
                KedgeClient client = i % 2 == 0 ? atFirst : atSecond;
                EnrollmentTokenResource token = await client.CreateEnrollmentTokenAsync(
                    new EnrollmentTokenRequest { Labels = new Dictionary<string, string> { ["line"] = "press" } }, Ct);
                agents.Add(await RealAgent.EnrolAsync(token.Token!, $"press-{i}", Ct));
                agents[i].Start();
                await UntilAsync(agents, all => all[i].IsLinkUp);
            }

            int[] connected = [await ConnectedAsync(atFirst), await ConnectedAsync(atSecond)];
            Assert.Equal(4, connected.Sum());
            Assert.All(connected, static count => Assert.True(count > 0, "one replica has all devices"));

            await PushAsync(atFirst, "v1", 1);
            await atFirst.ApplyAsync(MainPathTests.Manifest, false, false, Ct);
            await UntilAsync(agents, static all => all.All(static s => s.Serving.Count == 1));

            first.Kill();
            await first.WaitForExitAsync(Ct);
            await UntilAsync(
                agents, all => all.All(static s => s.IsLinkUp) && all.Sum(static s => s.LinkConnections) > 4);
            await UntilConnectedAsync(atSecond, agents);
            string changed = MainPathTests.Manifest.Replace("8500", "8501", StringComparison.Ordinal);
            await atSecond.ApplyAsync(changed, false, false, Ct);
            await UntilAsync(agents, static all => all.All(static s =>
                s.Status.Workloads.Any(static w => w.Endpoint.EndsWith(":8501", StringComparison.Ordinal))));
            await UntilAsync(agents, static all => all.All(static s => s.SpoolMessages == 0));
            IReadOnlyList<DeviceResource> devices = (await atSecond.ListDevicesAsync("", Ct)).Items;
            Assert.Equal(["press-0", "press-1", "press-2", "press-3"], devices.Select(static d => d.Name).Order());
            Assert.All(devices, static d => Assert.Equal(d.DesiredGeneration, d.ReportedGeneration));

            _ = Start("first", First);
            using KedgeClient back = await ClientAsync(First);
            DeploymentResource kept = await back.GetDeploymentAsync("bearing-monitor", Ct);
            Assert.Equal(4, kept.Devices);
            Assert.False(second.HasExited);
        }
        finally
        {
            foreach (RealAgent agent in agents)
            {
                await agent.DisposeAsync();
            }
        }
    }

    public async Task DisposeAsync()
    {
        foreach (Process server in _servers)
        {
            if (!server.HasExited)
            {
                server.Kill();
                await server.WaitForExitAsync(CancellationToken.None);
            }

            server.Dispose();
        }

        await _https.DisposeAsync();
        await _link.DisposeAsync();
        await _postgres.DisposeAsync();
        _limit.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string name, IPAddress address)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "kedge.dll"), "server", "--store", _store,
            "--data", Path.Combine(_folder, name), "--owner", Path.Combine(_folder, "owner"),
            "--listen", $"{address}:{_https.Port}", "--link-listen", $"{address}:{_link.Port}",
            "--advertise", "127.0.0.1", "--advertise", $"{First}", "--advertise", $"{Second}",
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["KEDGE_CONFIG"] = Path.Combine(_folder, "contexts.json");
        Process process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _servers.Add(process);
        return process;
    }

    /// <summary>A client of one replica, once it answers.</summary>
    private async Task<KedgeClient> ClientAsync(IPAddress address)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if (ContextDocument.Load(Path.Combine(_folder, "contexts.json")).Find() is { } context)
                {
                    KedgeClient client = new(context with { Server = $"https://{address}:{_https.Port}" });
                    await client.GetServerAsync(Ct);
                    return client;
                }
            }
            catch (HttpRequestException e) when (TimeProvider.System.GetElapsedTime(start) < Deadline)
            {
                Debug.WriteLine(e.Message); // not yet
            }

            Assert.False(_servers[^1].HasExited, $"the replica at {address} ended");
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"nobody answers at {address}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        }
    }

    /// <summary>As docs/operations/server.md says: the same keys, one folder of chunks.</summary>
    private void CopyKeys(string from, string to)
    {
        ServerPaths source = new(Path.Combine(_folder, from));
        ServerPaths target = new(Path.Combine(_folder, to));
        KeyFile.CreateFolder(target.Folder);
        foreach (string file in source.KeyFiles.Where(File.Exists))
        {
            File.Copy(file, Path.Combine(target.Folder, Path.GetFileName(file)));
        }

        Directory.CreateSymbolicLink(target.Chunks, source.Chunks);
    }

    private async Task PushAsync(KedgeClient client, string tag, byte seed)
    {
        using System.Security.Cryptography.ECDsa key =
            KeyFile.ReadKey(new OwnerPaths(Path.Combine(_folder, "owner")).ModelSigningKey);
        await TestPackage.Make(key, "bearing", seed).PushAsync(client, "bearing", tag, Ct);
    }

    private async Task<int> ConnectedAsync(KedgeClient client) => (await client.GetServerAsync(Ct)).ConnectedDevices;

    private async Task UntilConnectedAsync(KedgeClient client, List<RealAgent> agents)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (await ConnectedAsync(client) != agents.Count)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < Deadline,
                string.Join('\n', agents.Select(static a => $"{a.Name} {a.Loop.Snapshot.LinkProblem?.Message}")));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        }
    }

    private async Task UntilAsync(List<RealAgent> agents, Func<List<AgentSnapshot>, bool> holds)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            List<AgentSnapshot> all = [.. agents.Select(static a => a.Loop.Snapshot)];
            if (holds(all))
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail(string.Join('\n', all.Select((s, i) =>
                    $"{agents[i].Name}: link {s.IsLinkUp} {s.LinkProblem?.Message}, serving {s.Serving.Count}, "
                    + string.Join(';', s.Status.Workloads.Select(static w =>
                        $"{w.Name} {w.Phase} {w.Endpoint} {w.Problem?.Code} {w.Problem?.Message}")))));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        }
    }
}
