using System.Globalization;
using System.Net.Sockets;
using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Sandbox;

/// <summary>The real supervisor: an OCI runtime, the published model server, real sockets.</summary>
public sealed class ServeSupervisorTests
{
    [Fact]
    public async Task A_release_is_started_preflighted_and_answers_in_a_sandbox_with_limits()
    {
        await using SandboxBench bench = new();
        SandboxFacts facts = await bench.Supervisor.TestAsync(CancellationToken.None);
        Assert.Null(facts.Problem);
        PreparedRelease release = bench.Release(2, 3);
        InstanceState instance = await bench.StartAsync(release);
        Assert.IsType<StepOutcome.Done>(
            await bench.Supervisor.PreflightAsync(instance.Id, release, CancellationToken.None));
        await bench.HandOverAsync(instance);
        using InferClient client = bench.Client();
        (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);
        Assert.True(status == 200, body);

        string proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{instance.Pid}");
        string status0 = File.ReadAllText($"{proc}/status");
        Assert.Contains("NoNewPrivs:\t1", status0, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", status0, StringComparison.Ordinal);
        Assert.Contains("Uid:\t65532", status0, StringComparison.Ordinal);
        Assert.Contains("Cpus_allowed_list:\t0\n", status0, StringComparison.Ordinal);
        string[] interfaces = [.. File.ReadLines($"{proc}/net/dev").Skip(2)
            .Where(l => !l.TrimStart().StartsWith("lo:", StringComparison.Ordinal))];
        Assert.Empty(interfaces);
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, new FileInfo($"{proc}/ns/net").LinkTarget);
    }

    [Fact]
    public async Task Missed_golden_samples_are_the_release_s_fault_for_good()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        PreparedRelease wrong = bench.Release(2, 4);
        InstanceState instance = await bench.StartAsync(wrong);
        StepOutcome.Failed failed = Assert.IsType<StepOutcome.Failed>(
            await bench.Supervisor.PreflightAsync(instance.Id, wrong, CancellationToken.None));
        Assert.Equal(Blame.ReleaseForGood, failed.Blame);
        Assert.Equal(SandboxErrors.GoldenMissed.Code, failed.Problem.Code);
    }

    [Fact]
    public async Task So_many_golden_samples_as_are_asked_for_are_enough_and_how_many_agreed_is_told()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        PreparedRelease strict = bench.Release(2, 3);
        string file = Path.Combine(bench.Options.DataFolder, strict.Models[0].Golden!);
        string text = await File.ReadAllTextAsync(file);
        string sample = text[text.IndexOf("{\"inputs", StringComparison.Ordinal)..text.LastIndexOf(']')];
        string wrong = sample.Replace("[3]", "[4]", StringComparison.Ordinal);
        string four = $"{sample},{sample},{sample},{wrong}";
        await File.WriteAllTextAsync(file, text.Replace(sample, four, StringComparison.Ordinal));
        InstanceState instance = await bench.StartAsync(strict);
        StepOutcome.Failed failed = Assert.IsType<StepOutcome.Failed>(
            await bench.Supervisor.PreflightAsync(instance.Id, strict, CancellationToken.None));
        Assert.StartsWith(
            "adder: agreed on 3 of 4 golden samples, 4 are needed. Sample 3: ", failed.Problem.Message,
            StringComparison.Ordinal);

        PreparedRelease asked = strict with { Spec = strict.Spec with { GoldenPpm = 800_000 } };
        failed = Assert.IsType<StepOutcome.Failed>(
            await bench.Supervisor.PreflightAsync(instance.Id, asked, CancellationToken.None));
        Assert.Contains("golden samples, asked for are 80 %. ", failed.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await FiguresAsync(bench, instance.Id)).GoldenSamples);

        asked = strict with { Spec = strict.Spec with { GoldenPpm = 750_000 } };
        Assert.IsType<StepOutcome.Done>(
            await bench.Supervisor.PreflightAsync(instance.Id, asked, CancellationToken.None));
        InstanceFigures figures = await FiguresAsync(bench, instance.Id);
        Assert.Equal((3, 4), (figures.GoldenAgreed, figures.GoldenSamples));
    }

    [Fact]
    public async Task Figures_are_what_an_instance_answered_and_the_memory_of_its_sandbox()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        PreparedRelease release = bench.Release(2, 3);
        InstanceState instance = await bench.StartAsync(release);
        await bench.Supervisor.PreflightAsync(instance.Id, release, CancellationToken.None);
        await bench.HandOverAsync(instance);
        InstanceFigures before = await FiguresAsync(bench, instance.Id);
        using InferClient client = bench.Client();
        for (int i = 0; i < 10; i++)
        {
            (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);
            Assert.True(status == 200, body);
        }

        Assert.Equal(400, (await client.PostAsync("{}"u8.ToArray(), CancellationToken.None)).Status);
        InstanceFigures after = await FiguresAsync(bench, instance.Id);

        Assert.Equal(before.Requests, before.Latency.Total);
        Assert.Equal((11, 1), (after.Requests - before.Requests, after.Failures - before.Failures));
        LatencySketch answers = after.Latency.Since(before.Latency);
        Assert.Equal(10, answers.Total);
        Assert.InRange(answers.Quantile(0.5), 1, 60e6);
        Assert.InRange(after.MemoryBytes, 4L * Limits.MiB, 512L * Limits.MiB);

        await bench.Supervisor.StopAsync(instance.Id, CancellationToken.None);
        Assert.IsType<FiguresOutcome.Failed>(
            await bench.Supervisor.ReadFiguresAsync(instance.Id, CancellationToken.None));
    }

    [Fact]
    public async Task A_sandbox_without_a_network_sees_copies_of_what_another_one_is_asked()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState old = await bench.StartAsync(bench.Release(1, 2));
        await bench.HandOverAsync(old);
        InstanceState same = await bench.StartAsync(bench.Release(1, 2));
        InstanceState other = await bench.StartAsync(bench.Release(5, 6));
        ShadowSpec all = new() { SharePpm = 1_000_000 };

        ShadowCounts alike = await ShadowAsync(bench, same.Id, old.Id, all, 30);
        Assert.Equal((alike.Compared, ""), (alike.Agreed, alike.First));

        // An agent that comes back goes on; one for another instance begins anew.
        await bench.RestartAsync(old, same, other);
        ShadowCounts again = await ShadowAsync(bench, same.Id, old.Id, all, 10);
        Assert.True(again.Compared > alike.Compared && again.Time > alike.Time);
        await bench.Supervisor.EndShadowAsync(same.Id, old.Id, CancellationToken.None);
        ShadowCounts unlike = await ShadowAsync(bench, other.Id, old.Id, all, 30);
        Assert.Equal((0, "output 'y': element 0 is 6, expected 2"), (unlike.Agreed, unlike.First));

        await bench.Supervisor.StopAsync(other.Id, CancellationToken.None);
        Assert.IsType<ShadowOutcome.Gone>(
            await bench.Supervisor.ShadowAsync(other.Id, old.Id, all, CancellationToken.None));
        await bench.Supervisor.EndShadowAsync(other.Id, old.Id, CancellationToken.None);
        using InferClient client = bench.Client();
        Assert.Equal(200, (await client.PostAsync(SandboxBench.Request, CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_swap_under_load_loses_no_request()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState old = await bench.StartAsync(bench.Release(1, 2));
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
            InstanceState next = await bench.StartAsync(bench.Release(round + 2, round + 3));
            await bench.HandOverAsync(next);
            await bench.Supervisor.DrainAsync(old.Id, TimeSpan.FromSeconds(10), CancellationToken.None);
            await bench.Supervisor.WaitForExitAsync(old.Id, CancellationToken.None).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(30));
            old = next;
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(answered > 50, $"{answered} answers");
    }

    [Fact]
    public async Task A_restarted_agent_adopts_the_process_and_its_listener()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState instance = await bench.StartAsync(bench.Release(1, 2));
        await bench.HandOverAsync(instance);
        Assert.Equal(instance.Id, Assert.Single(await bench.RestartAsync(instance)));
        using InferClient client = bench.Client();
        Assert.Equal(200, (await client.PostAsync(SandboxBench.Request, CancellationToken.None)).Status);

        // The listener came back: the next version gets it although the port is taken by it.
        InstanceState next = await bench.StartAsync(bench.Release(5, 6));
        await bench.HandOverAsync(next);
    }

    [Fact]
    public async Task A_stray_that_the_ledger_does_not_know_is_removed()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState stray = await bench.StartAsync(bench.Release(1, 2));
        Assert.Empty(await bench.RestartAsync());
        Assert.False(Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{stray.Pid}"))
            && File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{stray.Pid}/stat"))
                .Contains(") R", StringComparison.Ordinal));
        Assert.Empty(Directory.GetDirectories(Path.Combine(bench.Options.RunFolder, "i")));
    }

    [Fact]
    public async Task An_instance_whose_process_is_gone_is_not_adopted_and_leaves_nothing()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState instance = await bench.StartAsync(bench.Release(1, 2));

        // Another process has its number now.
        Assert.Empty(await bench.RestartAsync(instance with { StartTicks = instance.StartTicks + 1 }));
        Assert.Empty(await bench.RestartAsync());
        Assert.Empty(Directory.GetDirectories(Path.Combine(bench.Options.RunFolder, "i")));
    }

    [Fact]
    public async Task A_self_test_that_passed_is_remembered_for_this_boot_and_this_runtime_only()
    {
        await using SandboxBench bench = new();
        SandboxFacts first = await bench.Supervisor.TestAsync(CancellationToken.None);
        string file = Path.Combine(bench.Options.RunFolder, "sandbox-test");
        string[] passed = File.ReadAllLines(file);
        File.WriteAllLines(file, [passed[0], "remembered"]);
        Assert.Equal("remembered", (await bench.Supervisor.TestAsync(CancellationToken.None)).Name);
        File.WriteAllLines(file, [passed[0] + "1", "of another boot"]);
        Assert.Equal(first.Name, (await bench.Supervisor.TestAsync(CancellationToken.None)).Name);
        Assert.Equal(passed, File.ReadAllLines(file));
    }

    [Fact]
    public async Task The_end_of_a_process_is_seen_also_when_it_was_adopted()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState instance = await bench.StartAsync(bench.Release(1, 2));
        await bench.RestartAsync(instance);
        Task<Problem> ended = bench.Supervisor.WaitForExitAsync(instance.Id, CancellationToken.None).AsTask();
        using (System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(instance.Pid))
        {
            process.Kill();
        }

        Assert.Equal(SandboxErrors.Ended.Code, (await ended.WaitAsync(TimeSpan.FromSeconds(20))).Code);
    }

    [Fact]
    public async Task A_port_that_somebody_else_has_is_the_device_s_fault()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        InstanceState instance = await bench.StartAsync(bench.Release(1, 2));
        using TcpListener other = new(System.Net.IPAddress.Loopback, bench.Endpoint.Port);
        other.Start();
        StepOutcome.Failed failed = Assert.IsType<StepOutcome.Failed>(
            await bench.Supervisor.HandOverAsync(instance.Id, bench.Endpoint, CancellationToken.None));
        Assert.Equal((Blame.Device, SandboxErrors.PortTaken.Code), (failed.Blame, failed.Problem.Code));
    }

    [Fact]
    public async Task Too_small_a_memory_limit_is_told_as_such()
    {
        await using SandboxBench bench = new();
        await bench.Supervisor.TestAsync(CancellationToken.None);
        PreparedRelease tight = bench.Release(1, 2, new ResourceSpec { MemoryLimitBytes = 8 * Limits.MiB });
        StartOutcome.Failed failed = Assert.IsType<StartOutcome.Failed>(await bench.Supervisor.StartAsync(
            new InstanceId(new DeploymentId("adder"), 77), tight, CancellationToken.None));
        Assert.NotEqual(Blame.ReleaseForGood, failed.Blame);
        Assert.Contains(
            failed.Problem.Code,
            new[] { SandboxErrors.OutOfMemory.Code, SandboxErrors.EndedEarly.Code, SandboxErrors.StartFailed.Code });
    }

    [Fact]
    public async Task Without_an_oci_runtime_only_what_both_sides_allow_runs_bare()
    {
        await using SandboxBench strict = new(o => o with { Runtimes = [] });
        SandboxFacts facts = await strict.Supervisor.TestAsync(CancellationToken.None);
        Assert.Equal(SandboxErrors.NoRuntime.Code, facts.Problem!.Code);
        Assert.IsType<StartOutcome.Failed>(await strict.Supervisor.StartAsync(
            new InstanceId(new DeploymentId("adder"), 1),
            strict.Release(1, 2, sandbox: SandboxRule.None), CancellationToken.None));

        await using SandboxBench lax = new(o => o with { Runtimes = [], AllowsNoSandbox = true });
        await lax.Supervisor.TestAsync(CancellationToken.None);
        Assert.IsType<StartOutcome.Failed>(await lax.Supervisor.StartAsync(
            new InstanceId(new DeploymentId("adder"), 1), lax.Release(1, 2), CancellationToken.None));
        InstanceState bare = await lax.StartAsync(lax.Release(1, 2, sandbox: SandboxRule.None));
        await lax.HandOverAsync(bare);
        using InferClient client = lax.Client();
        Assert.Equal(200, (await client.PostAsync(SandboxBench.Request, CancellationToken.None)).Status);
    }

    /// <summary>Asks the one that serves so often, and waits until as many were compared or dropped.</summary>
    private static async Task<ShadowCounts> ShadowAsync(
        SandboxBench bench, InstanceId instance, InstanceId beside, ShadowSpec spec, int requests)
    {
        ShadowCounts counts = await LookAsync();
        long before = counts.Compared + counts.Dropped;
        using InferClient client = bench.Client();
        for (int i = 0; i < requests; i++)
        {
            (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);
            Assert.True(status == 200 && body.Contains("\"data\":[2]", StringComparison.Ordinal), body);
        }

        await Until.TrueAsync(
            async () => (counts = await LookAsync()).Compared + counts.Dropped == before + requests,
            TimeSpan.FromSeconds(30),
            () => Task.FromResult($"{counts.Agreed} of {counts.Compared}, {counts.Dropped} dropped: {counts.First}"));
        Assert.True(counts.Compared > 0);
        return counts;

        async Task<ShadowCounts> LookAsync() => Assert.IsType<ShadowOutcome.Counted>(
            await bench.Supervisor.ShadowAsync(instance, beside, spec, CancellationToken.None)).Counts;
    }

    private static async Task<InstanceFigures> FiguresAsync(SandboxBench bench, InstanceId instance)
    {
        FiguresOutcome outcome = await bench.Supervisor.ReadFiguresAsync(instance, CancellationToken.None);
        return Assert.IsType<FiguresOutcome.Read>(outcome).Figures;
    }
}
