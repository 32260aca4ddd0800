using System.Globalization;
using Kedge.Inference.Batching;

namespace Kedge.Bench.Serve;

/// <summary>
/// What batching and the cache of answers change. Loads are offered by an open loop, in percent of what the server
/// without batching computed at most, so that both get the same.
/// </summary>
internal static class BatchingFigures
{
    private const int Connections = 64;
    private static readonly int[] Percents = [50, 70, 90, 110];

    /// <summary>The same offered load with and without batching.</summary>
    public static void Batching(BenchPlan plan, Workload workload)
    {
        SchedulingOptions alone = new() { Batching = new BatchingOptions { QueueMax = 512 } };
        SchedulingOptions together = new()
        {
            Batching = new BatchingOptions { MaxSize = 32, MaxDelayUs = 2000, QueueMax = 512 },
        };
        using ServerProcess off = Start(plan, workload, alone);
        using ServerProcess on = Start(plan, workload, together);

        // By clients with a thread each, as those of the open loop are: what they cannot ask they cannot offer.
        Func<IAsker> asker = HttpWorker.Against(off.EndPoint, workload.BinaryRequest);
        double most = Measured.Run(
            16, plan.WarmUp, plan.Duration, () => new CallAsker(asker().Ask)).Rps;
        string name = $"serve.batching.{workload.Name}";
        plan.Report.Add($"{name}.capacity_off", "1/s", most);
        foreach (int percent in Percents)
        {
            foreach ((string state, ServerProcess server) in new[] { ("off", off), ("on", on) })
            {
                OpenLoopFigures found = OpenLoop.Run(
                    most * percent / 100, Connections, plan.OpenDuration,
                    () => new OpenHttpClient(server.EndPoint, workload.BinaryRequest));
                string prefix = string.Create(CultureInfo.InvariantCulture, $"{name}.at{percent}.{state}");
                plan.Report.Add($"{prefix}.rps", "1/s", found.Rps);
                plan.Report.Add($"{prefix}.mean", "us", found.Mean);
                plan.Report.Add($"{prefix}.p99", "us", found.P99);
                plan.Report.Add($"{prefix}.refused", "1", found.Failed);
            }
        }

        plan.Report.Add($"{name}.rows_per_run", "rows",
            (on.Metric("nv_inference_count") ?? 0) / Math.Max(on.Metric("nv_inference_exec_count") ?? 0, 1));
    }

    /// <summary>A request whose answer is kept, beside the same one computed each time.</summary>
    public static void Cache(BenchPlan plan, Workload workload)
    {
        using ServerProcess off = ServerProcess.StartKedge(plan.Program, workload.Path);
        using ServerProcess on = Start(plan, workload, new SchedulingOptions { CacheBytes = 16 * 1024 * 1024 });
        Measured run = Measured.Run(
            1, plan.WarmUp, plan.Duration, HttpWorker.Against(off.EndPoint, workload.BinaryRequest));
        Measured hit = Measured.Run(
            1, plan.WarmUp, plan.Duration, HttpWorker.Against(on.EndPoint, workload.BinaryRequest));
        Kedge.Core.Check.That(on.Metric("nv_cache_num_misses_per_model") == 1);
        plan.Report.Add("serve.cache.hit", "us", hit.Mean, ("run", run.Mean));
        plan.Report.Add("serve.cache.hit_ratio_run", "ratio", hit.Mean / run.Mean);
    }

    private static ServerProcess Start(BenchPlan plan, Workload workload, SchedulingOptions scheduling) =>
        ServerProcess.StartKedge(
            plan.Program, new ServerSetting([("m", workload.Path)]) { Scheduling = scheduling });
}
