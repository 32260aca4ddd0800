using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Tests.Support;
using Kedge.Core.Errors;
using Kedge.Onnx;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Onnx;

/// <summary>Models from elsewhere: every one of the ONNX project's own test models must be readable.</summary>
public sealed class OnnxConformanceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("node", 945)]
    [InlineData("simple", 9)]
    [InlineData("pytorch-converted", 37)]
    [InlineData("pytorch-operator", 18)]
    public void Every_model_of_the_conformance_set_is_read(string set, int models)
    {
        if (FromElsewhere.Find(
            $"onnx-conformance/{set}.tar.xz",
            $"{models} models of the set '{set}'", output.WriteLine) is not { } archive)
        {
            return;
        }

        DirectoryInfo folder = SharedFiles.Unpack(archive);
        try
        {
            Assert.InRange(Walk(folder, set), models, int.MaxValue);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_real_network_of_the_conformance_set_is_accepted()
    {
        if (FromElsewhere.Find("onnx-conformance/light", "5 real networks", output.WriteLine) is not { } folder)
        {
            return;
        }

        int count = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.onnx"))
        {
            GateOutcome outcome = ModelGate.Inspect(file, File.ReadAllBytes(file));
            GateOutcome.Accepted accepted = Assert.IsType<GateOutcome.Accepted>(outcome);
            Assert.Equal("FP32", Assert.Single(accepted.Inputs).Datatype);
            count++;
        }

        Assert.InRange(count, 5, int.MaxValue);
    }

    private int Walk(DirectoryInfo folder, string set)
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
        Assert.Empty(unread);
        return count;
    }
}
