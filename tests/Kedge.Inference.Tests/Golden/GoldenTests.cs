using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Golden;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Golden;

public sealed class GoldenTests
{
    private const string Json = """
        {"schema":1,"minimumAgreement":0.5,"relativeTolerance":0.01,"absoluteTolerance":0.001,
         "later":{"x":[]},"samples":[
         {"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],
          "outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[100,"NaN"]}]},
         {"inputs":[],"outputs":[{"name":"t","shape":[1],"datatype":"BYTES","data":["a"]}]},
         {"inputs":[],"outputs":[{"name":"i","shape":[1],"datatype":"INT64","data":[7]}]}]}
        """;

    [Fact]
    public void Samples_agree_within_both_tolerances_together()
    {
        GoldenJudge judge = new(Parse(Json));
        judge.Outputs([Tensor.Of<float>("y", TensorType.Float32, [2], [101.0005f, float.NaN])]);
        Assert.Equal(1, judge.Verdict.Agreed);
        judge.Outputs([Tensor.OfText("t", [1], ["b"])]);
        judge.Answer("""{"model_name":"m","outputs":[{"name":"i","shape":[1],"datatype":"INT64","data":[7]}]}"""u8);
        GoldenVerdict verdict = judge.Verdict;
        Assert.Equal(new GoldenVerdict(3, 2, 2, "Sample 1: output 't': element 0 is another text."), verdict);
        Assert.True(verdict.Passed);
    }

    [Fact]
    public void A_variant_with_a_tolerance_of_its_own_is_judged_by_it()
    {
        GoldenSamples samples = Parse(Json);
        Assert.Same(samples, samples.Within(null));
        GoldenJudge judge = new(samples.Within(new GoldenTolerance
        {
            Absolute = 0.5, Relative = 0.02, MinimumAgreement = 1,
        }));
        judge.Outputs([Tensor.Of<float>("y", TensorType.Float32, [2], [102.4f, float.NaN])]);
        Assert.Equal(new GoldenVerdict(3, 1, 3, ""), judge.Verdict);
    }

    [Fact]
    public void Whatever_is_no_right_answer_disagrees_with_a_sentence()
    {
        Assert.Contains("it is missing", First("""{"outputs":[]}"""), StringComparison.Ordinal);
        Assert.Contains("KEDGE-X", First("""{"error":"KEDGE-X: no"}"""), StringComparison.Ordinal);
        Assert.StartsWith("Sample 0: ", First("not json"), StringComparison.Ordinal);
        Assert.Contains("element 0 is 102, expected 100", First(
            Answer("FP32", "2", "102,\"NaN\"")), StringComparison.Ordinal);
        Assert.Contains("element 1 is 5, expected NaN", First(Answer("FP32", "2", "100,5")), StringComparison.Ordinal);
        Assert.Contains("got FP32 [1]", First(Answer("FP32", "1", "100")), StringComparison.Ordinal);
        Assert.Contains("got FP64 [2]", First(Answer("FP64", "2", "100,\"NaN\"")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_back_and_asks_only_for_listed_outputs()
    {
        GoldenSamples golden = Parse(Json);
        GoldenSamples again = Parse(Encoding.UTF8.GetString(golden.ToJson()));
        Assert.Equal(golden.ToJson(), again.ToJson());
        string body = Encoding.UTF8.GetString(again.RequestBody(0));
        Assert.EndsWith("\"outputs\":[{\"name\":\"y\"}]}", body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Json);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.False(
                GoldenSamples.TryParse(whole.AsSpan(0, length), out _, out _), $"Cut at {length} was accepted.");
        }
    }

    [Theory]
    [InlineData("""{"schema":2,"samples":[]}""")]
    [InlineData("""{"schema":1,"samples":[]}""")]
    [InlineData("""{"schema":1,"minimumAgreement":0,"samples":[{"outputs":[]}]}""")]
    [InlineData("""{"schema":1,"minimumAgreement":1.1,"samples":[{"outputs":[]}]}""")]
    [InlineData("""{"schema":1,"samples":[{"inputs":[]}]}""")]
    [InlineData("""{"schema":1,"samples":[{"outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[1]}]}]}""")]
    [InlineData("""{"schema":1,"samples":5}""")]
    [InlineData("""[]""")]
    public void A_wrong_file_is_refused(string json)
    {
        Assert.False(GoldenSamples.TryParse(Encoding.UTF8.GetBytes(json), out _, out Finding? fault));
        Assert.Equal("KEDGE-INFER-013", fault.Code);
    }

    [Fact]
    public void A_recorded_set_is_the_same_for_the_same_seed_and_its_own_model_passes_it()
    {
        using IInferenceSession session = TinyModels.NativeAddSub();
        Assert.Null(GoldenRecorder.Record(session, 4, new Rng(7), out GoldenSamples? first));
        Assert.Null(GoldenRecorder.Record(session, 4, new Rng(7), out GoldenSamples? second));
        Assert.Equal(first!.ToJson(), second!.ToJson());
        Assert.Equal([1L, 16], first.Samples[0].Inputs[0].Shape.ToArray());
        GoldenJudge judge = new(first);
        foreach (GoldenSample sample in first.Samples)
        {
            judge.Outputs(sample.Outputs);
        }

        Assert.Equal(new GoldenVerdict(4, 4, 4, ""), judge.Verdict);
        foreach (TensorType type in TensorTypes.All)
        {
            using IInferenceSession identity = TinyModels.NativeIdentity(type);
            Assert.Null(GoldenRecorder.Record(identity, 1, new Rng(1), out _));
        }
    }

    private static string Answer(string type, string shape, string data) =>
        $$"""{"outputs":[{"name":"y","shape":[{{shape}}],"datatype":"{{type}}","data":[{{data}}]}]}""";

    private static string First(string answer)
    {
        GoldenJudge judge = new(Parse(Json));
        judge.Answer(Encoding.UTF8.GetBytes(answer));
        Assert.False(judge.Verdict.Passed);
        return judge.Verdict.FirstDisagreement;
    }

    private static GoldenSamples Parse(string json)
    {
        Assert.True(GoldenSamples.TryParse(
            Encoding.UTF8.GetBytes(json), out GoldenSamples? samples, out Finding? fault), fault?.Message);
        return samples;
    }
}
