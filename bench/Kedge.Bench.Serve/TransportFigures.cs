using System.Globalization;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;

namespace Kedge.Bench.Serve;

/// <summary>
/// One model after the other: the bare runtime in process, the Node server, and kedge-serve over each transport, with
/// 1, 4, 16 and 64 who ask. The contestants take turns, so that whatever else the machine does meets all of them.
/// </summary>
internal static class TransportFigures
{
    private const string Bare = "bare";
    private const string Peer = "node";

    private static readonly int[] Concurrencies = [1, 4, 16, 64];

    public static void Measure(BenchPlan plan, Workload workload)
    {
        // The bare runtime has its own defaults: one thread per core, spinning, and each run led by its caller.
        using OnnxSession session = OnnxSession.FromFile(
            workload.Path, new OnnxSessionOptions { AllowSpinning = true, SharesPool = false });
        InferenceCall answer = workload.NewCall(session.Signature);
        Kedge.Core.Check.That(session.Run(answer) is null);
        using ServerProcess server = ServerProcess.StartKedge(plan.Program, workload.Path);
        using ServerProcess local = ServerProcess.StartKedge(
            plan.Program, new ServerSetting([("m", workload.Path)]) { IsLocal = true });
        using SharedMemoryWorkers shared = new(local, workload, answer);
        using ServerProcess? peer =
            plan.Node.Length > 0 ? ServerProcess.StartNode(plan.Node, plan.Script, workload.Path) : null;
        plan.Report.Add($"serve.{workload.Name}.rss_idle", "MB", server.Memory.RssMb, ("node", peer?.Memory.RssMb));
        Dictionary<string, Func<IAsker>> contestants = new()
        {
            [Bare] = () =>
            {
                InferenceCall call = workload.NewCall(session.Signature);
                return new CallAsker(() => Kedge.Core.Check.That(session.Run(call) is null));
            },
            ["http"] = HttpWorker.Against(server.EndPoint, workload.JsonRequest),
            ["binary"] = HttpWorker.Against(server.EndPoint, workload.BinaryRequest),
            ["grpc"] = GrpcWorker.Against(server.EndPoint, workload),
            ["shm"] = shared.NewAsker,
        };
        MeasureTime(plan, workload, contestants, server, (local, shared.ExampleRequest));
        if (peer is not null)
        {
            contestants[Peer] = HttpWorker.Against(peer.EndPoint, workload.JsonRequest);
        }

        foreach (int concurrency in Concurrencies)
        {
            // Of many at once one round is enough: each is long by itself where the model is slow.
            int rounds = concurrency == Concurrencies[^1] ? 1 : plan.Rounds;
            Report(plan, workload, concurrency, Rounds(plan, workload, concurrency, rounds, contestants));
        }

        plan.Report.Add($"serve.{workload.Name}.rss", "MB", server.Memory.RssMb, ("node", peer?.Memory.RssMb));
        plan.Report.Add($"serve.{workload.Name}.pss", "MB", server.Memory.PssMb, ("node", peer?.Memory.PssMb));
    }

    /// <summary>Where the time goes, over each transport.</summary>
    private static void MeasureTime(
        BenchPlan plan,
        Workload workload,
        Dictionary<string, Func<IAsker>> contestants,
        ServerProcess server,
        (ServerProcess Server, byte[] Request) local)
    {
        foreach ((string transport, byte[] request) in new[]
        {
            ("http", workload.JsonRequest), ("binary", workload.BinaryRequest),
            ("grpc", GrpcWorker.Message(workload)), ("shm", local.Request),
        })
        {
            bool isLocal = transport == "shm";
            ServerProcess asked = isLocal ? local.Server : server;
            int answered = transport == "grpc"
                ? GrpcWorker.AnswerBytes(asked.EndPoint, workload)
                : HttpWorker.AnswerBytes(asked.EndPoint, request);
            Measured floor = BareSocket.Measure(plan, isLocal ? plan.Folder : null, request.Length, answered);
            TimeFigures.Measure(plan, $"{workload.Name}.{transport}", asked, contestants[transport], floor);
        }
    }

    private static Dictionary<string, Measured> Rounds(
        BenchPlan plan, Workload workload, int concurrency, int rounds, Dictionary<string, Func<IAsker>> contestants)
    {
        Dictionary<string, List<Measured>> all =
            contestants.Keys.ToDictionary(name => name, _ => new List<Measured>());
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, Func<IAsker> newAsker) in contestants)
            {
                Measured one = Measured.Run(concurrency, plan.WarmUp, plan.Duration, newAsker);
                all[name].Add(one);
                BenchPlan.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{workload.Name,-11} c{concurrency,-3} {name,-7} {one.Rps,9:F0} rps  mean {one.Mean,9:F1} us  ")
                    + string.Create(CultureInfo.InvariantCulture, $"p99 {one.P99,9:F1}"));
            }
        }

        return all.ToDictionary(
            pair => pair.Key, pair => pair.Value.OrderBy(one => one.Rps).ElementAt(rounds / 2));
    }

    private static void Report(BenchPlan plan, Workload workload, int concurrency, Dictionary<string, Measured> found)
    {
        Measured bare = found[Bare];
        Measured? peer = found.GetValueOrDefault(Peer);
        foreach ((string transport, Measured one) in found.Where(pair => pair.Key is not (Bare or Peer)))
        {
            string name = string.Create(
                CultureInfo.InvariantCulture, $"serve.{workload.Name}.{transport}.c{concurrency}");
            plan.Report.Add($"{name}.mean", "us", one.Mean, ("node", peer?.Mean), ("bare", bare.Mean));
            plan.Report.Add($"{name}.p99", "us", one.P99, ("node", peer?.P99), ("bare", bare.P99));
            plan.Report.Add($"{name}.rps", "1/s", one.Rps, ("node", peer?.Rps), ("bare", bare.Rps));
            plan.Report.Add($"{name}.ratio_bare", "ratio", one.Rps / bare.Rps);
            if (peer is not null)
            {
                plan.Report.Add($"{name}.ratio_node", "ratio", one.Rps / peer.Rps);
            }
        }
    }
}
