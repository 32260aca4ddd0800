using System.Globalization;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Sandbox;

/// <summary>
/// What the supervisor promises of instances that wait frozen, with real processes: in sandboxes and without.
/// </summary>
public sealed class StandbyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_way_back_under_load_is_a_thaw_and_loses_no_request(bool isBare)
    {
        await using SandboxBench bench = Bench(isBare);
        InstanceState old = await StartAsync(bench, isBare, 1);
        await bench.HandOverAsync(old);
        using CancellationTokenSource stop = new();
        long answered = 0;
        Task[] load = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using InferClient client = bench.Client();
            while (!stop.IsCancellationRequested)
            {
                (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);
                Assert.True(status == 200, body);
                Interlocked.Increment(ref answered);
            }
        }))];
        for (int round = 0; round < 3; round++)
        {
            InstanceState next = await StartAsync(bench, isBare, round + 2);
            await bench.HandOverAsync(next);
            Assert.True(await bench.Supervisor.ParkAsync(old.Id, Deadline, CancellationToken.None));
            Assert.True(await AnswersAsync(bench) > 0);
            Assert.IsType<FiguresOutcome.Failed>(
                await bench.Supervisor.ReadFiguresAsync(old.Id, CancellationToken.None));
            Assert.True(bench.Supervisor.MemoryOf(old.Id) > Limits.MiB);

            await bench.HandOverAsync(old);
            await bench.Supervisor.DrainAsync(next.Id, Deadline, CancellationToken.None);
            _ = await bench.Supervisor.WaitForExitAsync(next.Id, CancellationToken.None).AsTask().WaitAsync(Patience);
            Assert.IsType<FiguresOutcome.Read>(
                await bench.Supervisor.ReadFiguresAsync(old.Id, CancellationToken.None));
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(answered > 50, $"{answered} answers");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frozen_instance_is_adopted_and_comes_back(bool isBare)
    {
        await using SandboxBench bench = Bench(isBare);
        InstanceState old = await StartAsync(bench, isBare, 1);
        await bench.HandOverAsync(old);
        InstanceState next = await StartAsync(bench, isBare, 2);
        await bench.HandOverAsync(next);
        Assert.True(await bench.Supervisor.ParkAsync(old.Id, Deadline, CancellationToken.None));

        Assert.Equal(2, (await bench.RestartAsync(old, next)).Length);
        Assert.IsType<FiguresOutcome.Failed>(
            await bench.Supervisor.ReadFiguresAsync(old.Id, CancellationToken.None));
        Assert.True(await bench.Supervisor.ParkAsync(old.Id, Deadline, CancellationToken.None));
        await bench.HandOverAsync(old);
        await bench.Supervisor.StopAsync(next.Id, CancellationToken.None);
        using InferClient client = bench.Client();
        (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);
        Assert.True(status == 200, body);
        Assert.Contains("\"data\":[2", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_frozen_instance_can_be_stopped_and_one_that_nobody_knows_is_removed(bool isBare)
    {
        await using SandboxBench bench = Bench(isBare);
        InstanceState first = await StartAsync(bench, isBare, 1);
        InstanceState stray = await StartAsync(bench, isBare, 2);
        await bench.HandOverAsync(first);
        foreach (InstanceState each in new[] { first, stray })
        {
            Assert.True(await bench.Supervisor.ParkAsync(each.Id, Deadline, CancellationToken.None));
        }

        await bench.Supervisor.StopAsync(first.Id, CancellationToken.None).AsTask().WaitAsync(Patience);
        Assert.Empty(await bench.RestartAsync());
        Assert.Empty(Directory.GetDirectories(Path.Combine(bench.Options.RunFolder, "i")));
        Assert.True(IsGone(first) && IsGone(stray));
    }

    [Fact]
    public async Task A_wish_to_come_back_wins_over_a_parking_that_is_under_way()
    {
        await using SandboxBench bench = Bench(isBare: true);
        InstanceState instance = await StartAsync(bench, isBare: true, 1);
        await bench.HandOverAsync(instance);
        using InferClient idle = bench.Client();
        Assert.Equal(200, (await idle.PostAsync(SandboxBench.Request, CancellationToken.None)).Status);
        Task<bool> parking = bench.Supervisor.ParkAsync(instance.Id, Deadline, CancellationToken.None).AsTask();
        await bench.Supervisor.ResumeAsync(instance.Id, bench.Endpoint, CancellationToken.None);
        Assert.False(await parking.WaitAsync(Patience));
        using InferClient client = bench.Client();
        Assert.Equal(200, (await client.PostAsync(SandboxBench.Request, CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Who_stays_connected_is_cut_at_the_deadline_and_it_is_frozen_all_the_same()
    {
        await using SandboxBench bench = Bench(isBare: true);
        InstanceState instance = await StartAsync(bench, isBare: true, 1);
        await bench.HandOverAsync(instance);
        using InferClient idle = bench.Client();
        Assert.Equal(200, (await idle.PostAsync(SandboxBench.Request, CancellationToken.None)).Status);
        Assert.True(await bench.Supervisor.ParkAsync(
            instance.Id, TimeSpan.FromMilliseconds(50), CancellationToken.None).AsTask().WaitAsync(Patience));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_wait_while_nobody_serves_and_are_answered_by_the_next(bool isBare)
    {
        await using SandboxBench bench = Bench(isBare);
        InstanceState old = await StartAsync(bench, isBare, 1);
        await bench.HandOverAsync(old);
        await bench.Supervisor.DrainAsync(old.Id, Deadline, CancellationToken.None);
        _ = await bench.Supervisor.WaitForExitAsync(old.Id, CancellationToken.None).AsTask().WaitAsync(Patience);
        InferClient[] clients = [.. Enumerable.Range(0, 200).Select(_ => bench.Client())];
        Task<(int Status, string Body)>[] waiting =
            [.. clients.Select(c => c.PostAsync(SandboxBench.Request, CancellationToken.None))];
        InstanceState next = await StartAsync(bench, isBare, 2);
        Assert.All(waiting, w => Assert.False(w.IsCompleted));
        await bench.HandOverAsync(next);
        foreach ((int status, string body) in await Task.WhenAll(waiting).WaitAsync(Patience))
        {
            Assert.True(status == 200, body);
        }

        Array.ForEach(clients, static c => c.Dispose());
    }

    private static SandboxBench Bench(bool isBare) =>
        isBare ? new SandboxBench(static o => o with { Runtimes = [], AllowsNoSandbox = true }) : new SandboxBench();

    private static async Task<InstanceState> StartAsync(SandboxBench bench, bool isBare, int add)
    {
        await bench.Supervisor.TestAsync(CancellationToken.None);
        return await bench.StartAsync(
            bench.Release(add, add + 1, sandbox: isBare ? SandboxRule.None : SandboxRule.Required));
    }

    private static async Task<int> AnswersAsync(SandboxBench bench)
    {
        using InferClient client = bench.Client();
        (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);
        Assert.True(status == 200, body);
        return body.Length;
    }

    private static bool IsGone(InstanceState instance)
    {
        string stat = string.Create(CultureInfo.InvariantCulture, $"/proc/{instance.Pid}/stat");
        return !File.Exists(stat) || File.ReadAllText(stat).Contains(") Z", StringComparison.Ordinal);
    }
}
