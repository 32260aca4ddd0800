using Kedge.Bench.Common;
using Kedge.Bench.Serve;
using Kedge.Inference.Onnx;

// Arguments: CHECKOUT KEDGE_SERVE NODE_OR_EMPTY NODE_SCRIPT [--quick] [--json FILE]
string checkout = args[0];
BenchArguments? arguments = BenchArguments.Parse(args[4..]);
if (arguments is null)
{
    Console.Error.WriteLine("bench/serve [--quick] [--json FILE]");
    return 2;
}

string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
BenchReport report = new(("onnxruntime", OnnxRuntimeLibrary.LoadedVersion(null)));
BenchPlan plan = new(args[1], args[2], args[3], folder, arguments.IsQuick, report);
try
{
    Workload tiny = Workload.Tiny(folder);
    if (plan.Node.Length == 0)
    {
        report.Note("The Node server was not measured: node or npm is absent.");
    }

    Workload mlp = Workload.Mlp(folder);
    Workload wide = Workload.Wide(folder);
    List<(string Name, Action Measure)> all =
    [
        // Memory first: nothing of what the others leave in the machine counts.
        ("memory", () => MemoryFigures.Resident(plan, tiny)),
        ("reload", () => MemoryFigures.Reload(plan, tiny)),
        ("allocation", () => MemoryFigures.Allocation(plan, tiny)),
        ("start", () => LifeFigures.Start(plan, tiny)),
        ("json", () => JsonFigures.Measure(plan)),
        ("tiny", () => TransportFigures.Measure(plan, tiny)),
        ("mlp", () => TransportFigures.Measure(plan, mlp)),
    ];
    foreach (string name in arguments.IsQuick ? new[] { "squeezenet" } : ["squeezenet", "resnet50"])
    {
        if (Workload.Light(checkout, name) is { } light)
        {
            BenchPlan patient = name == "resnet50" ? plan with { Longer = 3 } : plan;
            all.Add((name, () => TransportFigures.Measure(patient, light)));
            if (name == "squeezenet")
            {
                all.Add(("cache", () => BatchingFigures.Cache(plan, light)));
            }
        }
        else
        {
            report.Note($"{name} was not measured: the shared data is absent (KEDGE_SHARED_DATA).");
        }
    }

    all.Add(("swap", () => LifeFigures.Swap(plan, tiny)));
    all.Add(("batching of a wide layer", () => BatchingFigures.Batching(plan, wide)));
    if (!arguments.IsQuick)
    {
        all.Add(("batching of a small layer", () => BatchingFigures.Batching(plan, mlp)));
    }

    string[] only = (Environment.GetEnvironmentVariable("KEDGE_BENCH_ONLY") ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    foreach ((string name, Action measure) in all)
    {
        if (only.Length > 0 && !only.Contains(name))
        {
            continue;
        }

        BenchPlan.Say(name);
        measure();
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

report.Write(arguments.JsonFile);
return 0;
