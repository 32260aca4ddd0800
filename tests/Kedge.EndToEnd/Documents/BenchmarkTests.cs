using System.Text.Json;
using Kedge.EndToEnd.Vm;
using Kedge.Tests.Fleet;
using Kedge.Tests.Support;
using Xunit.Abstractions;

namespace Kedge.EndToEnd.Documents;

/// <summary>
/// The benchmarks run to their end as the documents show them and give the figures that the documents name. How large
/// the figures are is nobody's business here: a busy machine fails no test.
/// </summary>
[Collection(EmulatedMachine.Alone)]
public sealed class BenchmarkTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(8);

    [Theory]
    [InlineData("agent", "agent.pss", "agent.rss", "agent.binary", "agent.ready", "agent.idle_cpu",
        "agent.idle_traffic")]
    [InlineData("serve", "serve.tiny.http.c1.mean", "serve.tiny.http.c1.p99", "serve.tiny.http.c16.ratio_node",
        "serve.mlp.binary.c64.p99", "serve.squeezenet.http.c4.ratio_bare", "serve.squeezenet.shm.c16.ratio_bare",
        "serve.tiny.http.time.run", "serve.tiny.shm.time.limit", "serve.alloc_per_request.own", "serve.rss.hundred",
        "serve.reload1000.rss_ratio", "serve.cache.hit_ratio_run",
        "serve.start.first_answer", "serve.rss.one", "serve.swap1000.failed", "serve.swap1000.grpc.failed",
        "serve.batching.wide.at70.on.p99")]
    [InlineData("update", "update.cached.apply_to_serving", "update.agents5.all_serving", "offline.restart.ten")]
    [InlineData("rollout", "rollout.halt", "rollout.restore", "rollout.gate.halt", "rollout.gate.restore",
        "rollout.plan.100k", "rollout.swap.failed")]
    [InlineData("content", "content.first.bytes", "content.last_layer.saved", "content.finetune.ratio_zstd_patch",
        "content.worst.ratio_best_peer", "content.throughput.delta_decode", "content.site4.wan_ratio",
        "content.badlink.twice", "content.badlink.peak_rss")]
    public async Task A_benchmark_gives_every_figure_that_the_documents_name(string name, params string[] figures)
    {
        string root = Programs.Find(AppContext.BaseDirectory).Root;
        string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
        try
        {
            string json = Path.Combine(folder, "figures.json");
            CommandResult result = await CommandResult.RunAsync(
                Path.Combine(root, "bench", name), ["--quick", "--json", json], folder: root, deadline: _patience);
            result.MustSucceed();
            using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(json));
            Dictionary<string, double> found = report.RootElement.GetProperty("results").EnumerateArray().ToDictionary(
                r => r.GetProperty("name").GetString() ?? "", r => r.GetProperty("value").GetDouble());
            Assert.All(
                Measurable(figures), figure => Assert.True(found.ContainsKey(figure), $"{figure} is not in {json}"));
            foreach (string swap in (string[])
                ["rollout.swap.failed", "serve.swap1000.failed", "serve.swap1000.grpc.failed"])
            {
                Assert.Equal(0, found.GetValueOrDefault(swap));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>All, but for those of a network that is not on this machine: the benchmark says so too.</summary>
    private IEnumerable<string> Measurable(string[] figures)
    {
        string[] ofNetwork = [.. figures.Where(static figure =>
            figure.StartsWith("serve.squeezenet.", StringComparison.Ordinal)
            || figure.StartsWith("serve.cache.", StringComparison.Ordinal))];
        return ofNetwork.Length == 0 || FromElsewhere.Find(
            "onnx-conformance/light/light_squeezenet.onnx", $"{ofNetwork.Length} figures of SqueezeNet",
            output.WriteLine) is not null
            ? figures
            : figures.Except(ofNetwork);
    }
}
