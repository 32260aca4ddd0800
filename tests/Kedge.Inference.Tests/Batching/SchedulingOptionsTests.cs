using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Control;

namespace Kedge.Inference.Tests.Batching;

public sealed class SchedulingOptionsTests
{
    [Fact]
    public void Defaults_batch_nothing_and_let_128_wait()
    {
        SchedulingOptions options = new();
        Assert.Empty(Findings(options));
        Assert.Equal((0, 1, 0), (options.Instances, options.Weight, options.CacheBytes));
        Assert.Equal((1, 128, 0, 0), (
            options.Batching.MaxSize, options.Batching.QueueMax, options.Batching.MaxDelayUs,
            options.Batching.TimeoutUs));
    }

    [Fact]
    public void Every_field_out_of_range_is_named_at_once()
    {
        string[] fields = [.. Findings(new SchedulingOptions
        {
            Instances = -1,
            Weight = 0,
            CacheBytes = -1,
            Batching = new BatchingOptions
            {
                MaxSize = 0,
                Preferred = [4, 4],
                MaxDelayUs = -1,
                QueueMax = 0,
                TimeoutUs = -1,
                DefaultPriority = 2,
                Priorities = [new PriorityOptions { QueueMax = -1, TimeoutUs = -1 }],
            },
        }).Select(static f => f.Field)];
        Assert.Equal(
            [
                "s.instances", "s.weight", "s.cacheBytes", "s.batching.maxSize", "s.batching.maxDelayUs",
                "s.batching.queueMax", "s.batching.timeoutUs", "s.batching.preferred", "s.batching.defaultPriority",
                "s.batching.priorities[0].queueMax", "s.batching.priorities[0].timeoutUs",
            ],
            fields);
    }

    [Fact]
    public void They_travel_in_the_configuration_and_keep_their_defaults_where_left_out()
    {
        const string Text = """
            {"nonce":"12345678","deployment":"d","instance":"i","controlSocket":"/c","httpSocket":"/h","models":[
             {"name":"m","version":"1","format":"onnx","path":"/m",
              "scheduling":{"instances":2,
              "batching":{"maxSize":8,"preferred":[4,8],"priorities":[{"timeoutUs":5},{}]}}},
             {"name":"n","version":"1","format":"onnx","path":"/n"}]}
            """;
        Assert.True(ServeConfig.TryParse(Encoding.UTF8.GetBytes(Text), out ServeConfig? config, out _));
        SchedulingOptions first = config.Models[0].Scheduling;
        Assert.Equal((2, 8, 128), (first.Instances, first.Batching.MaxSize, first.Batching.QueueMax));
        Assert.Equal("4,8", string.Join(',', first.Batching.Preferred));
        Assert.Equal([5, 0], first.Batching.Priorities.Select(static p => p.TimeoutUs));
        Assert.Equal(1, config.Models[1].Scheduling.Batching.MaxSize);
        Assert.True(ServeConfig.TryParse(config.ToJson(), out ServeConfig? again, out _));
        Assert.Equal("4,8", string.Join(',', again.Models[0].Scheduling.Batching.Preferred));
        Assert.False(ServeConfig.TryParse(
            Encoding.UTF8.GetBytes(Text.Replace("\"maxSize\":8", "\"maxSize\":0", StringComparison.Ordinal)),
            out _, out ImmutableArray<Finding> findings));
        Assert.Contains(findings, static f => f.Field == "models[0].scheduling.batching.maxSize");
    }

    private static ImmutableArray<Finding> Findings(SchedulingOptions options)
    {
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        options.Verify("s", found);
        return found.ToImmutable();
    }
}
