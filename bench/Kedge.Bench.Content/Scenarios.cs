using System.Globalization;
using Kedge.Core;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>The files that everything is measured with: one trained network, and what becomes of it.</summary>
/// <param name="folder">Where the files go.</param>
/// <param name="programs">For the programs of the project.</param>
/// <param name="isQuick">True for a smaller network, less training and fewer scales.</param>
internal sealed class Scenarios(string folder, Programs programs, bool isQuick)
{
    private const double AccuracyLoss = 0.01;

    // Every decade from the smallest that moves a float32 weight on.
    private static readonly double[] Scales = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];
    private static readonly double[] ScalesWhenQuick = [1e-4, 1e-3];
    private readonly Spectrum[] _heldOut = Spectrum.Take(0x48454C44, 1000);

    /// <summary>Accuracy of the network that everything begins with.</summary>
    public double Accuracy { get; private set; }

    /// <summary>Makes all files.</summary>
    public async Task<IReadOnlyList<Scenario>> MakeAsync()
    {
        int[] hidden = isQuick ? [512, 512, 48] : [1024, 1024, 48];
        Spectrum[] signals = Spectrum.Take(1, isQuick ? 1500 : 8000);
        ConditionNetwork first = Trained(hidden, 1, signals);
        Accuracy = first.Accuracy(_heldOut);
        ModelPath before = Write("base", first);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"trained: {new FileInfo(before.File).Length / 1e6:0.0} MB, {Accuracy:P1} of 1000 held-out signals"));

        List<Scenario> made = [new("first", "first install", null, before) { Accuracy = Accuracy }];
        ConditionNetwork head = first.Copy();
        head.Train(Spectrum.Take(2, 300), 1e-4f, fromLayer: hidden.Length - 1);
        made.Add(Change("last_layer", "the last two layers trained on", before, head));

        foreach (double scale in isQuick ? ScalesWhenQuick : Scales)
        {
            string name = "finetune_1e" + Math.Round(Math.Log10(scale)).ToString(CultureInfo.InvariantCulture)
                .Replace("-", "m", StringComparison.Ordinal);
            made.Add(Change(
                name, $"all weights moved by noise of {scale:g} of their deviation", before,
                first.WithNoise(scale, new Rng(7))) with
            {
                Noise = scale,
            });
        }

        ConditionNetwork tuned = first.Copy();
        tuned.Train(Spectrum.Take(3, 300), 1e-5f);
        made.Add(Change("finetune_trained", "trained on for 300 signals", before, tuned));
        made.Add(Change("retrain", "trained anew from another seed", before, Trained(hidden, 2, signals)));
        made.Add(await RequantisedAsync(before, first));
        return made;
    }

    /// <summary>True when a scenario keeps the accuracy within a point.</summary>
    public bool KeepsAccuracy(Scenario scenario) => scenario.Accuracy >= Accuracy - AccuracyLoss;

    private static ConditionNetwork Trained(int[] hidden, ulong seed, Spectrum[] signals)
    {
        ConditionNetwork network = new(hidden, new Rng(seed));
        network.Train(signals, 1e-3f);
        return network;
    }

    private Scenario Change(string name, string what, ModelPath before, ConditionNetwork after) =>
        new(name, what, before, Write(name, after)) { Accuracy = after.Accuracy(_heldOut) };

    private ModelPath Write(string name, ConditionNetwork network)
    {
        string file = Path.Combine(folder, name + ".onnx");
        string golden = Path.Combine(folder, name + ".golden.json");
        File.WriteAllBytes(file, network.ToOnnx());
        File.WriteAllBytes(golden, network.Golden(_heldOut.Take(4)));
        return new ModelPath(file, golden);
    }

    /// <summary>The int8 variants of the network and of a light fine-tune of it, each with scales of its own.</summary>
    private async Task<Scenario> RequantisedAsync(ModelPath before, ConditionNetwork first)
    {
        ConditionNetwork tuned = first.WithNoise(1e-2, new Rng(8));
        ModelPath after = Write("requantise-source", tuned);
        return new Scenario(
            "requantise", "int8 weights with new scales after a light fine-tune",
            await QuantisedAsync("base", before), await QuantisedAsync("requantise-source", after))
        {
            Accuracy = tuned.Accuracy(_heldOut),
        };
    }

    private async Task<ModelPath> QuantisedAsync(string name, ModelPath model)
    {
        string into = Path.Combine(folder, name + "-variants");
        (await CommandResult.RunAsync(
            programs.Kedge,
            [
                "model", "optimize", model.File, "--to", "int8", "--golden", model.Golden, "--max-loss", "top1=50%",
                "--out", into,
            ],
            deadline: TimeSpan.FromMinutes(3))).MustSucceed();
        string file = Directory.EnumerateFiles(into, "*int8*.onnx").Single();
        return model with { File = file };
    }
}
