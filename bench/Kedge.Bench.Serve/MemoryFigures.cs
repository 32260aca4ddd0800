using System.Globalization;

namespace Kedge.Bench.Serve;

/// <summary>What a server holds on to, and what it allocates.</summary>
internal static class MemoryFigures
{
    private const int Cycles = 1000;
    private const int Early = 10;
    private const int Many = 100;
    private const string Allocated = "kedge_serve_allocated_bytes_total";

    /// <summary>Resident memory with nothing asked yet, one model in use, and a hundred small models.</summary>
    public static void Resident(BenchPlan plan, Workload workload)
    {
        using (ServerProcess one = ServerProcess.StartKedge(plan.Program, workload.Path))
        {
            plan.Report.Add("serve.rss.idle", "MB", one.Memory.RssMb);
            Measured.Run(1, plan.WarmUp, plan.Duration, HttpWorker.Against(one.EndPoint, workload.JsonRequest));
            plan.Report.Add("serve.rss.one", "MB", one.Memory.RssMb);
        }

        string folder = Directory.CreateDirectory(Path.Combine(plan.Folder, "many")).FullName;
        using ServerProcess many = ServerProcess.StartKedge(plan.Program, new ServerSetting(
            Enumerable.Range(0, Many).Select(i =>
            {
                // Each a file of its own, as in packages.
                string name = string.Create(CultureInfo.InvariantCulture, $"m{i}");
                string path = Path.Combine(folder, $"{name}.onnx");
                File.Copy(workload.Path, path);
                return (name, path);
            })));
        plan.Report.Add("serve.rss.hundred", "MB", many.Memory.RssMb);
    }

    /// <summary>
    /// Resident memory after a thousand times load and unload, beside that after the tenth; a load's time.
    /// </summary>
    public static void Reload(BenchPlan plan, Workload workload)
    {
        using ServerProcess server = ServerProcess.StartKedge(plan.Program, workload.Path);
        Kedge.Core.Check.That(server.AskOwn("POST", "/v2/repository/models/m/unload").Status == 200);
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

        double late = server.Memory.RssMb;
        times.Sort();
        plan.Report.Add("serve.reload1000.rss_ratio", "ratio", late / early, ("at_10_mb", early), ("at_end_mb", late));
        plan.Report.Add("serve.coldload.p99", "ms", times[(int)(times.Count * 0.99)]);
        if (cycles < Cycles)
        {
            plan.Report.Note(string.Create(CultureInfo.InvariantCulture, $"serve.reload1000 is of {cycles} cycles."));
        }
    }

    /// <summary>
    /// Managed bytes that the server allocates for each request, by its own count: of a request for inference, and of
    /// one with a body that asks for nothing but what is there already, which is what Kestrel takes for itself.
    /// </summary>
    public static void Allocation(BenchPlan plan, Workload workload)
    {
        using ServerProcess server = ServerProcess.StartKedge(plan.Program, workload.Path);
        byte[] question = System.Text.Encoding.ASCII.GetBytes(
            "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
        int requests = plan.IsQuick ? 5_000 : 50_000;
        double infer = Each(server, workload.JsonRequest, requests);
        double kestrel = Each(server, question, requests);
        plan.Report.Add("serve.alloc_per_request", "B", infer, ("kestrel", kestrel));
        plan.Report.Add("serve.alloc_per_request.kestrel", "B", kestrel);
        plan.Report.Add("serve.alloc_per_request.own", "B", Math.Max(0, infer - kestrel));
    }

    private static double Each(ServerProcess server, byte[] request, int requests)
    {
        using IAsker asker = HttpWorker.Against(server.EndPoint, request)();
        for (int i = 0; i < requests / 2; i++)
        {
            asker.Ask();
        }

        double before = server.Metric(Allocated) ?? 0;
        double idle = server.Metric(Allocated) ?? 0;
        for (int i = 0; i < requests; i++)
        {
            asker.Ask();
        }

        // Reading the counter allocates too: what two readings one after the other differ by is taken off.
        double after = server.Metric(Allocated) ?? 0;
        return Math.Max(0, after - idle - (idle - before)) / requests;
    }
}
