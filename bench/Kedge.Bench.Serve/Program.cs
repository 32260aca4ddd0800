using System.Globalization;
using Kedge.Bench.Common;
using Kedge.Bench.Serve;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;

// Arguments: CHECKOUT KEDGE_SERVE NODE_OR_EMPTY NODE_SCRIPT [--quick] [--json FILE]
string checkout = args[0];
string program = args[1];
string node = args[2];
string script = args[3];
bool quick = args.Contains("--quick");
string? jsonFile = args.SkipWhile(arg => arg != "--json").Skip(1).FirstOrDefault();
int rounds = quick ? 1 : 3;
TimeSpan warmUp = TimeSpan.FromSeconds(quick ? 0.5 : 1);
TimeSpan duration = TimeSpan.FromSeconds(quick ? 2 : 4);
string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
BenchReport report = new(("onnxruntime", OnnxRuntimeLibrary.LoadedVersion(null)));
try
{
    Workload?[] workloads = [Workload.Tiny(folder), Workload.SqueezeNet(checkout)];
    foreach (Workload workload in workloads.OfType<Workload>())
    {
        Measure(workload);
    }

    if (workloads[1] is null)
    {
        Console.WriteLine("squeezenet was not measured: the shared data is absent (KEDGE_SHARED_DATA).");
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

report.Write(jsonFile);

return 0;

void Measure(Workload workload)
{
    // The bare runtime has its own defaults: one thread per core, spinning.
    using OnnxSession session = OnnxSession.FromFile(workload.Path, new OnnxSessionOptions { AllowSpinning = true });
    using ServerProcess server = ServerProcess.StartKedge(program, workload.Path, folder);
    using ServerProcess? peer = node.Length > 0 ? ServerProcess.StartNode(node, script, workload.Path, folder) : null;
    if (peer is null)
    {
        Console.WriteLine("The Node server was not measured: node or npm is absent.");
    }

    report.Add($"serve.{workload.Name}.rss_idle", "MB", server.Memory.Rss);
    Dictionary<string, Func<Action>> contestants = new()
    {
        ["bare"] = () =>
        {
            InferenceCall call = workload.NewCall(session.Signature);
            return () => Kedge.Core.Check.That(session.Run(call) is null);
        },
        ["kedge"] = HttpWorker.Against(server.EndPoint, workload.JsonRequest),
    };
    if (workload.IsLarge)
    {
        contestants["kedge-binary"] = HttpWorker.Against(server.EndPoint, workload.BinaryRequest);
    }

    if (peer is not null)
    {
        contestants["node"] = HttpWorker.Against(peer.EndPoint, workload.JsonRequest);
    }

    foreach (int concurrency in new[] { 1, 4, 16 })
    {
        Report(workload, concurrency, Rounds(workload, concurrency, contestants));
    }

    report.Add($"serve.{workload.Name}.rss", "MB", server.Memory.Rss);
    report.Add($"serve.{workload.Name}.pss", "MB", server.Memory.Pss);
}

// The contestants take turns, so that whatever else the machine does meets all of them; the median round counts.
Dictionary<string, Measured> Rounds(Workload workload, int concurrency, Dictionary<string, Func<Action>> contestants)
{
    Dictionary<string, List<Measured>> all = contestants.Keys.ToDictionary(name => name, _ => new List<Measured>());
    for (int round = 0; round < rounds; round++)
    {
        foreach ((string name, Func<Action> newWorker) in contestants)
        {
            Measured one = Measured.Run(concurrency, warmUp, duration, newWorker);
            all[name].Add(one);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workload.Name,-11} c{concurrency,-3} {name,-13} {one.Rps,9:F0} rps  mean {one.Mean,9:F1} us  ")
                + string.Create(CultureInfo.InvariantCulture, $"p50 {one.P50,9:F1}  p99 {one.P99,9:F1}"));
        }
    }

    return all.ToDictionary(pair => pair.Key, pair => pair.Value.OrderBy(one => one.Rps).ElementAt(rounds / 2));
}

void Report(Workload workload, int concurrency, Dictionary<string, Measured> found)
{
    string name = $"serve.{workload.Name}.http.c{concurrency}";
    Measured kedge = found["kedge"];
    Measured bare = found["bare"];
    Measured? peer = found.GetValueOrDefault("node");

    // Binary tensor data where the request is large: what the protocol's own clients send by default.
    Measured best = found.GetValueOrDefault("kedge-binary") ?? kedge;
    report.Add($"{name}.rps", "1/s", kedge.Rps, ("node", peer?.Rps), ("bare", bare.Rps));
    report.Add($"{name}.mean", "us", kedge.Mean, ("node", peer?.Mean), ("bare", bare.Mean));
    report.Add($"{name}.p50", "us", kedge.P50, ("node", peer?.P50), ("bare", bare.P50));
    report.Add($"{name}.p99", "us", kedge.P99, ("node", peer?.P99), ("bare", bare.P99));
    report.Add($"{name}.ratio_bare", "ratio", best.Rps / bare.Rps);
    if (workload.IsLarge)
    {
        report.Add($"{name}.ratio_bare_json", "ratio", kedge.Rps / bare.Rps);
    }

    if (peer is not null)
    {
        report.Add($"{name}.ratio_node", "ratio", kedge.Rps / peer.Rps);
    }
}
