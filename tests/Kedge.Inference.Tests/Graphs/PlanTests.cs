using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Graphs;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Graphs;

public sealed class PlanTests
{
    private static readonly string X = GraphBench.Input("x", "FP32", "[1, 3]");

    [Fact]
    public void Everything_that_is_wrong_is_found_at_once_and_names_step_and_field()
    {
        ImmutableArray<Finding> findings = GraphBench.Findings(GraphBench.Json(
            X, "'y', 'nowhere'",
            "{'name': 'a', 'op': 'softmax', 'inputs': ['absent'], 'outputs': ['b']}",
            "{'name': 'c', 'op': 'topK', 'inputs': ['x'], 'outputs': ['i', 'v'], 'k': 4}",
            "{'name': 'd', 'op': 'conjure', 'inputs': ['x'], 'outputs': ['e']}",
            "{'name': 'f', 'op': 'sigmoid', 'inputs': ['b'], 'outputs': ['y'], 'wrong': 1}"));
        Assert.Contains(findings, static one => one.Field == "steps[0].inputs" && one.Message.Contains("'absent'"));
        Assert.Contains(findings, static one => one.Field == "steps[1].k" && one.Message.Contains("Step 'c'"));
        Assert.Contains(findings, static one => one.Field == "steps[2].op" && one.Message.Contains("conjure"));
        Assert.Contains(findings, static one => one.Field == "outputs" && one.Message.Contains("'nowhere'"));
        Assert.Contains(findings, static one => one.Field == "steps[1].outputs" && one.Message.Contains("no output"));
    }

    [Theory]
    [InlineData("{'name': 's', 'op': 'softmax', 'inputs': ['x'], 'outputs': ['y'], 'axis': 1}", "steps[0].axis")]
    [InlineData("{'name': 's', 'op': 'argmax', 'inputs': ['x', 'x'], 'outputs': ['y']}", "steps[0].inputs")]
    [InlineData("{'name': 's', 'op': 'cast', 'inputs': ['x'], 'outputs': ['y'], 'to': 'BYTES'}", "steps[0].to")]
    [InlineData("{'name': 's', 'op': 'reshape', 'inputs': ['x'], 'outputs': ['y'], 'shape': [2]}", "steps[0].shape")]
    [InlineData("{'name': 's', 'op': 'toPlanes', 'inputs': ['x'], 'outputs': ['y']}", "steps[0].inputs")]
    [InlineData("{'name': 's', 'op': 'decodeImage', 'inputs': ['x'], 'outputs': ['y']}", "steps[0].inputs")]
    [InlineData("{'name': 's', 'op': 'transpose', 'inputs': ['x'], 'outputs': ['y'], 'perm': [0]}", "steps[0].perm")]
    [InlineData("{'name': 's', 'op': 'gather', 'inputs': ['x'], 'outputs': ['y'], 'axis': 1, 'start': 2, 'count': 2}",
        "steps[0].axis")]
    [InlineData("{'name': 's', 'op': 'model', 'inputs': ['x'], 'outputs': ['y'], 'model': 'other'}", "steps[0].model")]
    [InlineData("{'name': 's', 'op': 'model', 'inputs': ['x'], 'outputs': ['y']}", "steps[0].inputs")]
    public void A_step_that_does_not_fit_is_refused_by_its_field(string step, string field)
    {
        ModelSignature model = new(
            [new TensorSpec("in", TensorType.Float32, [1, 4])], [new TensorSpec("out", TensorType.Float32, [1, 2])]);
        ImmutableArray<Finding> findings = GraphBench.Findings(GraphBench.Json(X, "'y'", step), ("model", model));
        Assert.Contains(findings, one => one.Field == field);
        Assert.All(findings, static one => Assert.Equal("KEDGE-INFER-051", one.Code));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{'schema': 2}")]
    [InlineData("{'schema': 1, 'schema': 1}")]
    [InlineData("{'schema': 1, 'inputs': [1], 'steps': [{}], 'outputs': [null]}")]
    [InlineData("{'schema': 1, 'inputs': [{'name': 'x', 'datatype': 'FP32', 'shape': [0.5]}], 'more': 1}")]
    public void What_is_no_graph_is_refused(string json) => Assert.All(
        GraphBench.Findings(json.Replace('\'', '"')),
        static one => Assert.Equal("KEDGE-INFER-050", one.Code));

    [Fact]
    public void Broken_bytes_never_throw()
    {
        byte[] whole = Encoding.UTF8.GetBytes(GraphBench.Json(
            X, "'y'", "{'name': 'c', 'op': 'topK', 'inputs': ['x'], 'outputs': ['i', 'y'], 'k': 2}"));
        Random random = new(11);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] broken = [.. whole];
            for (int hits = random.Next(4); hits >= 0; hits--)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }

            if (GraphSpec.TryParse(broken.AsSpan(0, random.Next(broken.Length + 1)), out GraphSpec? spec, out _))
            {
                GraphPlan.TryMake(spec, new GraphParts { Models = ImmutableDictionary<string, ModelSignature>.Empty },
                    out _, out _);
            }
        }
    }

    [Fact]
    public void Several_models_make_one_and_only_what_is_wanted_runs()
    {
        int runs = 0;
        ModelSignature signature = new(
            [new TensorSpec("in", TensorType.Float32, [1, 3])], [new TensorSpec("out", TensorType.Float32, [1, 3])]);
        InMemorySession Times(float by) => new(signature, call =>
        {
            runs++;
            call.Outputs[0].CopyFrom(call.Inputs[0], "out");
            foreach (ref float value in call.Outputs[0].Values<float>())
            {
                value *= by;
            }

            return null;
        });
        ImmutableDictionary<string, IInferenceSession> models = ImmutableDictionary<string, IInferenceSession>.Empty
            .Add("model", Times(2)).Add("other", Times(10));
        using GraphSession session = GraphBench.Session(
            GraphBench.Json(
                X, "'both', 'first', 'top'",
                "{'name': 'a', 'op': 'model', 'inputs': ['x'], 'outputs': ['first']}",
                "{'name': 'b', 'op': 'model', 'model': 'other', 'inputs': ['first'], 'outputs': ['both']}",
                "{'name': 'c', 'op': 'argmax', 'inputs': ['both'], 'outputs': ['top']}"),
            models);
        Tensor x = Tensor.Of<float>("x", TensorType.Float32, [1, 3], [1, 3, 2]);
        InferenceCall call = GraphBench.Run(session, x);
        Assert.Equal([20, 60, 40], call.Outputs[0].Values<float>().ToArray());
        Assert.Equal([2, 6, 4], call.Outputs[1].Values<float>().ToArray());
        Assert.Equal("first", call.Outputs[1].Name);
        Assert.Equal([1L], call.Outputs[2].Values<long>().ToArray());
        Assert.Equal(2, runs);

        call.Clear();
        Assert.True(call.TryWant(1, binary: false));
        Assert.Null(session.Run(call));
        Assert.Equal(3, runs);
        call.Stop.Ask();
        Assert.Equal("KEDGE-SERVE-030", session.Run(call)?.Code);
        Assert.Equal(3, runs);
    }
}
