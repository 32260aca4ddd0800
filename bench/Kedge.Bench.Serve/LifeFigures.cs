using System.Globalization;
using Kedge.Inference.Batching;
using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>
/// What does not depend on the model: swap, start, memory, allocation, batching, and where the time goes.
/// </summary>
internal static class LifeFigures
{
    private const int SwapRate = 1000;
    private const int Cycles = 1000;
    private const int Early = 10;

    /// <summary>A version takes over from another while requests come at a fixed rate.</summary>
    public static void Swap(BenchPlan plan, Workload workload)
    {
        Swap(plan, workload, "swap1000", static (server, one) => new OpenHttpClient(server.EndPoint, one.JsonRequest));
        using ServerProcess probe = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]);
        if (GrpcWorker.Answers(probe.EndPoint, workload))
        {
            Swap(plan, workload, "swap1000.grpc", static (server, one) => GrpcWorker.Open(server.EndPoint, one));
        }
    }

    /// <summary>From the start of the process to the first answer.</summary>
    public static void Start(BenchPlan plan, Workload workload)
    {
        double[] times =
        [
            .. Enumerable.Range(0, plan.IsQuick ? 5 : 20)
                .Select(_ => ServerProcess.TimeToAnswer(plan.Program, workload.Path, workload.JsonRequest)).Order(),
        ];
        plan.Report.Add("serve.start.first_answer", "ms", times[times.Length / 2]);
        plan.Report.Add("serve.start.first_answer.max", "ms", times[^1]);
    }

    /// <summary>Resident memory with nothing asked yet, one model in use, and as many as a server may have.</summary>
    public static void Memory(BenchPlan plan, Workload workload)
    {
        using (ServerProcess one = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]))
        {
            plan.Report.Add("serve.rss.idle", "MB", one.Memory.RssMb);
            Measured.Run(1, plan.WarmUp, plan.Duration, HttpWorker.Against(one.EndPoint, workload.JsonRequest));
            plan.Report.Add("serve.rss.one", "MB", one.Memory.RssMb);
        }

        int count = Math.Min(100, Kedge.Inference.InferenceLimits.ModelsMax);
        using ServerProcess many = ServerProcess.StartKedge(plan.Program, Enumerable.Range(0, count).Select(
            i => (i == 0 ? "m" : string.Create(CultureInfo.InvariantCulture, $"m{i}"), workload.Path)));
        plan.Report.Add("serve.rss.hundred", "MB", many.Memory.RssMb);
        if (count < 100)
        {
            plan.Report.Note(string.Create(
                CultureInfo.InvariantCulture, $"serve.rss.hundred is with {count} models, which a server may have."));
        }
    }

    /// <summary>
    /// Resident memory after a thousand times unload and load, beside that after the tenth; a load's time.
    /// </summary>
    public static void Reload(BenchPlan plan, Workload workload)
    {
        using ServerProcess server = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]);
        if (server.AskOwn("POST", "/v2/repository/models/m/unload").Status != 200)
        {
            plan.Report.Note("serve.reload1000 and serve.coldload were not measured: the server does not unload.");
            return;
        }

        double early = 0;
        List<double> times = [];
        int cycles = plan.IsQuick ? Cycles / 5 : Cycles;
        for (int cycle = 1; cycle <= cycles; cycle++)
        {
            long started = TimeProvider.System.GetTimestamp();
            Kedge.Core.Check.That(server.AskOwn("POST", "/v2/repository/models/m/load").Status == 200);
            times.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            Kedge.Core.Check.That(server.AskOwn("POST", "/v2/repository/models/m/unload").Status == 200);
            early = cycle == Early ? server.Memory.RssMb : early;
        }

        times.Sort();
        plan.Report.Add("serve.reload1000.rss_ratio", "ratio", server.Memory.RssMb / early);
        plan.Report.Add("serve.coldload.p99", "ms", times[(int)(times.Count * 0.99)]);
        if (cycles < Cycles)
        {
            plan.Report.Note(string.Create(CultureInfo.InvariantCulture, $"serve.reload1000 is of {cycles} cycles."));
        }
    }

    /// <summary>Managed bytes that the server allocates for each request, by its own count.</summary>
    public static void Allocation(BenchPlan plan, Workload workload)
    {
        const string Counter = "kedge_serve_allocated_bytes_total";
        using ServerProcess server = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]);
        Func<Action> worker = HttpWorker.Against(server.EndPoint, workload.JsonRequest);
        Measured.Run(1, plan.WarmUp, plan.Duration, worker);
        double? before = server.Metric(Counter);
        double? idle = server.Metric(Counter);
        double asked = server.Metric("nv_inference_request_success") ?? 0;
        Measured.Run(1, TimeSpan.Zero, plan.Duration, worker);
        double? after = server.Metric(Counter);
        double requests = (server.Metric("nv_inference_request_success") ?? 0) - asked;
        if (before is null || idle is null || after is null)
        {
            plan.Report.Note($"serve.alloc_per_request was not measured: the server has no {Counter}.");
            return;
        }

        // Reading the counter allocates too: what two readings one after the other differ by is taken off.
        double own = 2 * (idle.Value - before.Value);
        plan.Report.Add("serve.alloc_per_request", "B", Math.Max(0, after.Value - idle.Value - own) / requests);
    }

    /// <summary>Where the time of a request goes at concurrency 1, by the server's own counters.</summary>
    public static void Breakdown(BenchPlan plan, Workload workload)
    {
        using ServerProcess server = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]);
        Func<Action> worker = HttpWorker.Against(server.EndPoint, workload.JsonRequest);
        Measured.Run(1, plan.WarmUp, plan.Duration, worker);
        Dictionary<string, double> before = Durations(server);
        Measured one = Measured.Run(1, TimeSpan.Zero, plan.Duration, worker);
        Dictionary<string, double> after = Durations(server);
        double requests = after["nv_inference_request_success"] - before["nv_inference_request_success"];
        double Each(string name) => (after[name] - before[name]) / requests;
        double whole = Each("nv_inference_request_duration_us");
        plan.Report.Add($"serve.{workload.Name}.time.accept", "us", one.Mean - whole);
        plan.Report.Add($"serve.{workload.Name}.time.parse", "us", Each("nv_inference_compute_input_duration_us"));
        plan.Report.Add($"serve.{workload.Name}.time.queue", "us", Each("nv_inference_queue_duration_us"));
        plan.Report.Add($"serve.{workload.Name}.time.run", "us", Each("nv_inference_compute_infer_duration_us"));
        plan.Report.Add($"serve.{workload.Name}.time.write", "us", Each("nv_inference_compute_output_duration_us"));
        plan.Report.Add($"serve.{workload.Name}.time.whole", "us", one.Mean);
    }

    /// <summary>The same offered load with and without batching, by an open loop.</summary>
    public static void Batching(BenchPlan plan, Workload workload)
    {
        SchedulingOptions batched = new()
        {
            Batching = new BatchingOptions { MaxSize = 32, Preferred = [4, 8, 16], MaxDelayUs = 2000, QueueMax = 512 },
        };
        using ServerProcess off = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]);
        using ServerProcess on = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)], scheduling: batched);
        double most = Measured.Run(
            16, plan.WarmUp, plan.Duration, HttpWorker.Against(off.EndPoint, workload.BinaryRequest)).Rps;
        foreach (int percent in new[] { 70, 110 })
        {
            foreach ((string name, ServerProcess server) in new[] { ("off", off), ("on", on) })
            {
                OpenLoopFigures found = OpenLoop.Run(
                    most * percent / 100, 64, plan.OpenDuration,
                    () => new OpenHttpClient(server.EndPoint, workload.BinaryRequest));
                string prefix = string.Create(CultureInfo.InvariantCulture, $"serve.batching.at{percent}.{name}");
                plan.Report.Add($"{prefix}.rps", "1/s", found.Rps);
                plan.Report.Add($"{prefix}.p99", "us", found.P99);
                plan.Report.Add($"{prefix}.refused", "1", found.Failed);
            }
        }
    }

    private static void Swap(
        BenchPlan plan, Workload workload, string name, Func<ServerProcess, Workload, IOpenClient> newClient)
    {
        using ServerProcess first = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)]);
        using FileDescriptor listener = first.ShareListener();
        OpenLoopFigures before = OpenLoop.Run(SwapRate, 16, plan.OpenDuration, () => newClient(first, workload));
        ServerProcess? second = null;
        try
        {
            OpenLoopFigures during =
                OpenLoop.Run(SwapRate, 16, plan.OpenDuration, () => newClient(first, workload), () =>
            {
                second = ServerProcess.StartKedge(plan.Program, [("m", workload.Path)], listener);
                first.Drain();
            });
            Kedge.Core.Check.That(first.WaitForEnd());
            plan.Report.Add($"serve.{name}.failed", "1", before.Failed + during.Failed);
            plan.Report.Add($"serve.{name}.p99_before", "us", before.P99);
            plan.Report.Add($"serve.{name}.p99_during", "us", during.P99);
        }
        finally
        {
            second?.Dispose();
        }
    }

    private static Dictionary<string, double> Durations(ServerProcess server) => new[]
    {
        "nv_inference_request_success", "nv_inference_request_duration_us", "nv_inference_queue_duration_us",
        "nv_inference_compute_input_duration_us", "nv_inference_compute_infer_duration_us",
        "nv_inference_compute_output_duration_us",
    }.ToDictionary(name => name, name => server.Metric(name) ?? 0);
}
