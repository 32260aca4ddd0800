using System.Diagnostics;
using System.Text.Json;
using Kedge.Content.Gate;
using Kedge.Examples.Bearing;

namespace Kedge.Content.Tests.Examples;

/// <summary>The example's program, run as its README says.</summary>
public sealed class BearingCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kedge-bearing-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Bearing_train_writes_a_model_and_its_reference_set()
    {
        string folder = Path.Combine(_folder.FullName, "v1");
        (int code, string output) = Run("train", "--version", "v1", "--seed", "1", "--out", folder);
        Assert.Equal(0, code);
        string[] said = output.TrimEnd().Split('\n');
        Assert.StartsWith("ONNX Runtime computes what the trainer computed: ", said[0], StringComparison.Ordinal);
        Assert.StartsWith("v1: ", said[1], StringComparison.Ordinal);
        byte[] model = File.ReadAllBytes(Path.Combine(folder, "model.onnx"));
        Assert.IsType<GateOutcome.Accepted>(ModelGate.Inspect("model.onnx", model));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        JsonElement samples = golden.RootElement.GetProperty("samples");
        Assert.Equal(SignalDocuments.GoldenSamples, samples.GetArrayLength());
        Assert.Equal(1024, samples[0].GetProperty("inputs")[0].GetProperty("data").GetArrayLength());
        Assert.Equal(1, samples[1].GetProperty("outputs")[0].GetProperty("data")[0].GetInt32());
    }

    [Fact]
    public void Bearing_signals_writes_one_request_in_a_line()
    {
        string file = Path.Combine(_folder.FullName, "signals.jsonl");
        Assert.Equal(0, Run("signals", "--seed", "7", "--count", "5", "--out", file).Code);
        string[] lines = File.ReadAllLines(file);
        Assert.Equal(["0:0", "1:1", "2:2", "3:3", "4:0"], lines.Select(static line =>
        {
            using JsonDocument request = JsonDocument.Parse(line);
            return request.RootElement.GetProperty("id").GetString();
        }));
    }

    [Fact]
    public void Bearing_says_how_it_is_used_when_it_is_used_otherwise()
    {
        Assert.Equal(2, Run("train", "--version", "v9", "--seed", "1", "--out", _folder.FullName).Code);
        Assert.Equal(2, Run().Code);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "bearing.dll");
        ProcessStartInfo start = new("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        _ = errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
