using System.Globalization;
using System.Text;
using Kedge.Examples.Bearing;

const string Usage = """
    bearing train --version v1|v2|v3 --seed N --out DIR
        trains a classifier of bearing faults, writes DIR/model.onnx and DIR/golden.json, and says how good it is
    bearing signals --seed N --count N --out FILE
        writes labelled signals as inference requests, one in a line; the id of each is INDEX:LABEL
    """;
const int HeldOutSignals = 1_000;
const int ComparedSignals = 100;
const int CountMax = 1_000_000;

Dictionary<string, string> options = new(StringComparer.Ordinal);
for (int index = 1; index + 1 < args.Length; index += 2)
{
    options[args[index]] = args[index + 1];
}

bool seeded = ulong.TryParse(
    options.GetValueOrDefault("--seed"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed);
bool placed = options.TryGetValue("--out", out string? place);
if (args.Length == 7 && args[0] == "train" && seeded && placed && place is not null
    && TrainingPlan.TryOf(options.GetValueOrDefault("--version", ""), out TrainingPlan plan))
{
    return Train(plan, seed, place);
}

if (args.Length == 7 && args[0] == "signals" && seeded && placed && place is not null
    && int.TryParse(
        options.GetValueOrDefault("--count"), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
    && count is > 0 and <= CountMax)
{
    return Signals(seed, count, place);
}

Console.Error.WriteLine(Usage);
return 2;

static int Train(TrainingPlan plan, ulong seed, string folder)
{
    BearingNetwork network = Trainer.Train(plan, seed);
    Directory.CreateDirectory(folder);
    byte[] model = ModelExport.ToOnnx(network);
    double? largest = RuntimeCheck.LargestDifference(network, model, Trainer.HeldOut(seed, ComparedSignals));
    if (largest > RuntimeCheck.Tolerance)
    {
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"ONNX Runtime computes otherwise than the trainer, by up to {largest:G2}"));
        return 1;
    }

    File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model);
    File.WriteAllBytes(Path.Combine(folder, "golden.json"), SignalDocuments.GoldenFile());
    double heldOut = Trainer.Accuracy(network, Trainer.HeldOut(seed, HeldOutSignals));
    double reference = Trainer.Accuracy(network, SignalDocuments.Reference());
    Console.WriteLine(largest is null
        ? "no ONNX Runtime is here to hold the model against"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"ONNX Runtime computes what the trainer computed: {ComparedSignals} signals within {largest:G2}"));
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{plan.Version}: {heldOut:P1} of {HeldOutSignals} held-out signals named rightly, {reference:P1} of the "
        + $"{SignalDocuments.GoldenSamples} reference signals"));
    return 0;
}

static int Signals(ulong seed, int count, string file)
{
    using FileStream stream = File.Create(file);
    SignalGenerator generator = new(seed, SignalRanges.Field);
    for (int index = 0; index < count; index++)
    {
        LabelledSignal signal = generator.Next((BearingCondition)(index % SignalGenerator.ConditionCount));
        stream.Write(SignalDocuments.Request(signal, index));
        stream.Write(Encoding.UTF8.GetBytes("\n"));
    }

    return 0;
}
