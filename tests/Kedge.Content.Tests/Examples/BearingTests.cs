using System.Text.Json;
using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Examples.Bearing;
using Kedge.Inference.Golden;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Onnx.Rewriting;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Examples;

public sealed class BearingTests(BearingModels models, ITestOutputHelper output) : IClassFixture<BearingModels>
{
    [Theory]
    [InlineData("v1", 0.80, 0.95)]
    [InlineData("v2", 0.95, 1.00)]
    [InlineData("v3", 0.00, 0.40)]
    public void Each_version_is_as_good_or_as_broken_as_it_is_meant_to_be(string version, double low, double high)
    {
        double accuracy = Trainer.Accuracy(models.Of(version), Trainer.HeldOut(BearingModels.Seed, 600));
        output.WriteLine($"{version}: {accuracy:P1} of held-out signals");
        Assert.InRange(accuracy, low, high);
    }

    [Theory]
    [InlineData("v1", true)]
    [InlineData("v2", true)]
    [InlineData("v3", false)]
    public void The_reference_signals_let_the_good_versions_pass_and_stop_the_broken_one(string version, bool passes)
    {
        double agreement = Trainer.Accuracy(models.Of(version), SignalDocuments.Reference());
        Assert.Equal(passes, agreement >= SignalDocuments.GoldenAgreementMin);
    }

    /// <summary>The broken version is broken by its data alone: on recordings like those it was trained on it works.
    /// </summary>
    [Fact]
    public void The_broken_version_is_good_on_signals_in_the_wrong_unit()
    {
        LabelledSignal[] signals = Trainer.HeldOut(BearingModels.Seed, 200);
        LabelledSignal[] recorded =
            [.. signals.Select(static one => one with { Samples = [.. one.Samples.Select(static x => x * 100)] })];
        Assert.True(Trainer.Accuracy(models.Of("v3"), recorded) > 0.75);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v3")]
    public void No_check_of_the_file_tells_the_versions_apart(string version)
    {
        GateOutcome outcome = ModelGate.Inspect("model.onnx", ModelExport.ToOnnx(models.Of(version)));
        GateOutcome.Accepted accepted = Assert.IsType<GateOutcome.Accepted>(outcome);
        Assert.Equal("signal", Assert.Single(accepted.Inputs).Name);
        Assert.Equal([-1L, 1024], accepted.Inputs[0].Shape.AsEnumerable());
        Assert.Equal(["probabilities", "label"], accepted.Outputs.Select(static tensor => tensor.Name));
        Assert.Equal(["FP32", "INT64"], accepted.Outputs.Select(static tensor => tensor.Datatype));
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_and_signals()
    {
        TrainingPlan plan = new("small", Signals: 64, Epochs: 2, RecordedScale: 1);
        Assert.Equal(ModelExport.ToOnnx(Trainer.Train(plan, 5)), ModelExport.ToOnnx(Trainer.Train(plan, 5)));
        Assert.NotEqual(ModelExport.ToOnnx(Trainer.Train(plan, 5)), ModelExport.ToOnnx(Trainer.Train(plan, 6)));
        Assert.Equal(SignalDocuments.GoldenFile(), SignalDocuments.GoldenFile());
    }

    /// <summary>Characteristic frequencies of a 6205 that bearing makers publish, for one turn of the shaft.</summary>
    [Fact]
    public void The_geometry_gives_the_published_frequencies()
    {
        Assert.Equal(0.398, BearingGeometry.CageOrder, 3);
        Assert.Equal(3.585, BearingGeometry.OuterRaceOrder, 3);
        Assert.Equal(5.415, BearingGeometry.InnerRaceOrder, 3);
        Assert.Equal(2.357, BearingGeometry.BallSpinOrder, 3);
    }

    [Fact]
    public void A_request_carries_its_label_in_its_id_and_its_signal_without_loss()
    {
        LabelledSignal signal = SignalDocuments.Reference()[2];
        using JsonDocument request = JsonDocument.Parse(SignalDocuments.Request(signal, 17));
        Assert.Equal("17:2", request.RootElement.GetProperty("id").GetString());
        JsonElement input = request.RootElement.GetProperty("inputs")[0];
        Assert.Equal(signal.Samples, input.GetProperty("data").EnumerateArray().Select(static one => one.GetSingle()));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v3")]
    public void The_runtime_computes_what_the_trainer_computed(string version)
    {
        BearingNetwork network = models.Of(version);
        LabelledSignal[] signals = Trainer.HeldOut(seed: 9, count: 100);
        double largest = RuntimeCheck.LargestDifference(network, ModelExport.ToOnnx(network), signals) ?? 1;
        output.WriteLine($"{signals.Length} signals compared, largest difference of a probability {largest:G2}");
        Assert.InRange(largest, 0, RuntimeCheck.Tolerance);
    }

    [Theory]
    [InlineData("v1", true)]
    [InlineData("v2", true)]
    [InlineData("v3", false)]
    public void A_preflight_on_the_golden_file_lets_the_good_versions_pass_and_stops_the_broken_one(
        string version, bool passes)
    {
        byte[] file = SignalDocuments.GoldenFile();
        Assert.True(GoldenSamples.TryParse(file, out GoldenSamples? golden, out Finding? fault), fault?.ToString());
        Assert.Equal(SignalDocuments.GoldenSamples, golden.Samples.Length);
        byte[] model = ModelExport.ToOnnx(models.Of(version));
        using OnnxSession session = OnnxSession.FromBytes(model, new OnnxSessionOptions());
        InferenceCall call = new(session.Signature);
        GoldenJudge judge = new(golden);
        foreach (LabelledSignal signal in SignalDocuments.Reference())
        {
            _ = Run(session, call, signal);
            judge.Outputs(call.Outputs);
        }

        output.WriteLine($"{version}: {judge.Verdict.Agreed} of {judge.Verdict.Samples} agree");
        Assert.Equal(passes, judge.Verdict.Passed);
    }

    private static (float[] Probabilities, long Label) Run(
        OnnxSession session, InferenceCall call, LabelledSignal signal)
    {
        call.Clear();
        call.Inputs[0].Begin("signal", session.Signature.Inputs[0].Type);
        Assert.True(call.Inputs[0].TryShape([1, signal.Samples.Length]));
        signal.Samples.CopyTo(call.Inputs[0].Values<float>());
        Assert.True(call.TryGive(0));
        call.WantAll(binary: false);
        Assert.Null(session.Run(call));
        return (call.Outputs[0].Values<float>().ToArray(), call.Outputs[1].Values<long>()[0]);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public void In_fewer_bits_a_version_names_as_many_held_out_signals_rightly(string version)
    {
        byte[] model = ModelExport.ToOnnx(models.Of(version));
        LabelledSignal[] signals = Trainer.HeldOut(BearingModels.Seed, 600);
        double full = Accuracy(model, signals);
        double half = Accuracy(Assert.IsType<RewriteOutcome.Rewritten>(HalfWeights.Rewrite(model)).File, signals);
        byte[] bytes = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model)).File;
        double eight = Accuracy(bytes, signals);
        output.WriteLine(
            $"{version}: {full:P1} in 32 bits, {half:P1} in 16, {eight:P1} in 8; "
            + $"{model.Length} and {bytes.Length} bytes");
        Assert.InRange(half, full - 0.01, full + 0.01);
        Assert.InRange(eight, full - 0.01, 1);
        Assert.InRange(bytes.Length, 0, model.Length * 0.5);
    }

    private static double Accuracy(byte[] model, LabelledSignal[] signals)
    {
        float[] samples = [.. signals.SelectMany(static signal => signal.Samples)];
        float[] probabilities = Runtime.Run(model, ([signals.Length, SignalGenerator.WindowSamples], samples))[
            "probabilities"];
        int right = 0;
        for (int index = 0; index < signals.Length; index++)
        {
            float[] row = probabilities[
                (index * SignalGenerator.ConditionCount)..((index + 1) * SignalGenerator.ConditionCount)];
            right += row.AsSpan().IndexOf(row.Max()) == (int)signals[index].Condition ? 1 : 0;
        }

        return (double)right / signals.Length;
    }
}
