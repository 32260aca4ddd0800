using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>
/// What does not depend on the model: how a version takes over, and how long a start takes.
/// </summary>
internal static class LifeFigures
{
    private const int SwapRate = 1000;

    /// <summary>A version takes over from another while requests come at a fixed rate.</summary>
    public static void Swap(BenchPlan plan, Workload workload)
    {
        Swap(plan, workload, "swap1000", static (server, one) => new OpenHttpClient(server.EndPoint, one.JsonRequest));
        Swap(plan, workload, "swap1000.grpc", static (server, one) => GrpcWorker.Open(server.EndPoint, one));
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

    private static void Swap(
        BenchPlan plan, Workload workload, string name, Func<ServerProcess, Workload, IOpenClient> newClient)
    {
        using ServerProcess first = ServerProcess.StartKedge(plan.Program, workload.Path);
        using FileDescriptor listener = first.ShareListener();
        OpenLoopFigures before = OpenLoop.Run(SwapRate, 16, plan.OpenDuration, () => newClient(first, workload));
        ServerProcess? second = null;
        try
        {
            OpenLoopFigures during =
                OpenLoop.Run(SwapRate, 16, plan.OpenDuration, () => newClient(first, workload), () =>
            {
                second = ServerProcess.StartKedge(plan.Program, workload.Path, listener);
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
}
