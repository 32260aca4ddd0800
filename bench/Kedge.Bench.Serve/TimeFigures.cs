namespace Kedge.Bench.Serve;

/// <summary>
/// Where the time of a request goes at concurrency 1, by the server's own counters and the client's clock, and what the
/// limit is: the run, and the way there and back over a bare socket.
/// </summary>
internal static class TimeFigures
{
    private const string Count = "nv_inference_request_success";
    private const string Whole = "nv_inference_request_duration_us";

    /// <summary>Parts in the order in which they come; each counter counts all requests.</summary>
    private static readonly (string Part, string Counter)[] Parts =
    [
        ("parse", "nv_inference_compute_input_duration_us"), ("queue", "nv_inference_queue_duration_us"),
        ("run", "nv_inference_compute_infer_duration_us"), ("write", "nv_inference_compute_output_duration_us"),
    ];

    /// <summary>Measures one transport.</summary>
    /// <param name="plan">Takes the figures.</param>
    /// <param name="name">Of the model and the transport: <c>tiny.http</c>.</param>
    /// <param name="server">Whoever answers.</param>
    /// <param name="newAsker">Whoever asks.</param>
    /// <param name="floor">The same bytes over a bare socket.</param>
    public static void Measure(
        BenchPlan plan, string name, ServerProcess server, Func<IAsker> newAsker, Measured floor)
    {
        Measured.Run(1, TimeSpan.Zero, plan.WarmUp, newAsker);
        Dictionary<string, double> before = Read(server);
        Measured one = Measured.Run(1, TimeSpan.Zero, plan.Duration, newAsker);
        Dictionary<string, double> after = Read(server);
        double Each(string counter) => (after[counter] - before[counter]) / (after[Count] - before[Count]);

        // What the server does not see: both ways through the kernel, waking up, and reading the head of the request.
        plan.Report.Add($"serve.{name}.time.accept", "us", Math.Max(one.Mean - Each(Whole), 0));
        foreach ((string part, string counter) in Parts)
        {
            plan.Report.Add($"serve.{name}.time.{part}", "us", Each(counter));
        }

        double run = Each(Parts[2].Counter);
        plan.Report.Add($"serve.{name}.time.whole", "us", one.Mean);
        plan.Report.Add($"serve.{name}.time.limit", "us", floor.Mean + run, ("socket", floor.Mean), ("run", run));
    }

    private static Dictionary<string, double> Read(ServerProcess server) => Parts.Select(part => part.Counter)
        .Append(Count).Append(Whole).ToDictionary(name => name, name => server.Metric(name) ?? 0);
}
