using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Onnx;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Onnx;

/// <summary>Models from elsewhere: every one of the ONNX project's own test models must be readable.</summary>
public sealed class OnnxConformanceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("node")]
    [InlineData("simple")]
    [InlineData("pytorch-converted")]
    [InlineData("pytorch-operator")]
    public void Every_model_of_the_conformance_set_is_read(string set)
    {
        string archive = Path.Combine(SharedFiles.Folder ?? "", "onnx-conformance", set + ".tar.xz");
        if (!File.Exists(archive))
        {
            output.WriteLine($"0 models: the set '{set}' is not beside this checkout.");
            return;
        }

        DirectoryInfo folder = SharedFiles.Unpack(archive);
        try
        {
            Walk(folder, set);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_real_network_of_the_conformance_set_is_accepted()
    {
        string folder = Path.Combine(SharedFiles.Folder ?? "", "onnx-conformance", "light");
        int count = 0;
        foreach (string file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.onnx") : [])
        {
            GateOutcome outcome = ModelGate.Inspect(file, File.ReadAllBytes(file));
            GateOutcome.Accepted accepted = Assert.IsType<GateOutcome.Accepted>(outcome);
            Assert.Equal("FP32", Assert.Single(accepted.Inputs).Datatype);
            count++;
        }

        output.WriteLine($"{count} real networks accepted (0 when they are not beside this checkout)");
    }

    private void Walk(DirectoryInfo folder, string set)
    {
        List<string> unread = [];
        int count = 0;
        int accepted = 0;
        foreach (FileInfo file in folder.EnumerateFiles("model.onnx", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file.FullName);
            count++;
            if (!OnnxReader.TryRead(bytes, out OnnxModel? model, out Finding? finding))
            {
                unread.Add($"{file.Directory?.Name}: {finding}");
                continue;
            }

            Assert.NotNull(model);
            switch (ModelGate.Inspect("model.onnx", bytes))
            {
                case GateOutcome.Accepted:
                    accepted++;
                    break;
                case GateOutcome.Refused refused:
                    output.WriteLine($"refused {file.Directory?.Name}: {refused.Findings[0]}");
                    break;
            }
        }

        output.WriteLine($"{set}: {count} models, {count - unread.Count} read, {accepted} accepted by the gate");
        Assert.True(count > 0, $"no models in {set}");
        Assert.Empty(unread);
    }
}
