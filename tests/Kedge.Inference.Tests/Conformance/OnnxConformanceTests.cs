using Kedge.Core.Errors;
using Kedge.Inference.Golden;
using Kedge.Inference.Onnx;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Tests.Support;
using Xunit.Abstractions;

namespace Kedge.Inference.Tests.Conformance;

/// <summary>
/// The ONNX backend cases, each on the bare runtime and then through the protocol from end to end: what passes bare
/// must
/// pass through. The report names every case that does not count.
/// </summary>
public sealed class OnnxConformanceTests(ITestOutputHelper output)
{
    private const int CasesKnown = 1009;
    private static readonly string[] LightNetworks =
        ["densenet121", "inception_v1", "resnet50", "shufflenet", "squeezenet"];

    [Fact]
    public void What_passes_on_the_bare_runtime_passes_through_the_protocol()
    {
        if (FromElsewhere.Find("onnx-conformance", $"{CasesKnown} conformance cases", output.WriteLine) is not { } data)
        {
            return;
        }

        ConformanceReport report = new();
        using TemporaryFolder folder = new();
        foreach (string archive in Directory.GetFiles(data, "*.tar.xz").Order())
        {
            SharedCases.Unpack(archive, folder.Path);
        }

        foreach (string model in Directory.GetFiles(folder.Path, "model.onnx", SearchOption.AllDirectories).Order())
        {
            string one = Path.GetDirectoryName(model)!;
            report.Total++;
            RunCase(report, Path.GetRelativePath(folder.Path, one), one);
        }

        string path = Path.Combine(AppContext.BaseDirectory, "onnx-conformance.txt");
        File.WriteAllText(path, report.ToString());
        output.WriteLine($"{report.Summary}. Report: {path}");
        Assert.Empty(report.FailedThrough);
        Assert.Equal(report.PassedBare, report.PassedThrough);
        Assert.InRange(report.PassedBare, report.Total * 7 / 10, report.Total);
    }

    [Fact]
    public void The_light_networks_give_their_recorded_output_through_the_protocol()
    {
        if (FromElsewhere.Find(
            "onnx-conformance", $"{LightNetworks.Length} light networks", output.WriteLine) is not { } data)
        {
            return;
        }

        foreach (string network in LightNetworks)
        {
            string path = Path.Combine(data, "light", $"light_{network}.onnx");
            using OnnxSession session = OnnxSession.FromFile(path, new OnnxSessionOptions());
            Tensor image = new();
            image.Begin(session.Signature.Inputs[0].Name, TensorType.Float32);
            Assert.True(image.TryShape([1, 3, 224, 224]));
            for (int i = 0; i < image.ElementCount; i++)
            {
                image.Values<float>()[i] = (float)((double)i / image.ElementCount);
            }

            Tensor expected = TensorProto.Read(session.Signature.Outputs[0].Name,
                File.ReadAllBytes(Path.Combine(data, "light", $"light_{network}_output_0.pb")));
            GoldenSamples golden = Golden([image], [expected]);
            Assert.Null(Difference(golden, Through(session, golden.Samples[0])));
        }

        output.WriteLine($"{LightNetworks.Length} of {LightNetworks.Length} light networks agree.");
    }

    private static void RunCase(ConformanceReport report, string name, string folder)
    {
        IInferenceSession session;
        try
        {
            session = OnnxSession.FromFile(
                Path.Combine(folder, "model.onnx"), new OnnxSessionOptions { IntraOpThreads = 1 });
        }
        catch (KedgeException failure)
        {
            List<string> list = failure.Finding.Code == "KEDGE-INFER-012" ? report.NotExpressible : report.FailedBare;
            list.Add($"{name}: {OneLine(failure.Finding.Message)}");
            return;
        }

        using (session)
        {
            foreach (string set in Directory.GetDirectories(folder, "test_data_set_*").Order())
            {
                if (!RunSet(report, name, session, set))
                {
                    return;
                }
            }

            report.PassedBare++;
            report.PassedThrough++;
        }
    }

    private static bool RunSet(ConformanceReport report, string name, IInferenceSession session, string set)
    {
        GoldenSamples golden = Golden(
            Load(set, "input", session.Signature.Inputs), Load(set, "output", session.Signature.Outputs));
        string? bare = golden.Samples[0].Inputs.Length != session.Signature.Inputs.Length
            ? "the case gives fewer inputs than the model declares"
            : Difference(golden, Bare(session, golden.Samples[0]));
        if (bare is not null)
        {
            report.FailedBare.Add($"{name}: {OneLine(bare)}");
            return false;
        }

        string? through = Difference(golden, Through(session, golden.Samples[0]));
        if (through is not null)
        {
            report.PassedBare++;
            report.FailedThrough.Add($"{name}: {OneLine(through)}");
        }

        return through is null;
    }

    private static GoldenSamples Golden(IEnumerable<Tensor> inputs, IEnumerable<Tensor> outputs) => new()
    {
        MinimumAgreement = 1,
        RelativeTolerance = 1e-3,
        AbsoluteTolerance = 1e-7,
        Samples = [new GoldenSample([.. inputs], [.. outputs])],
    };

    private static IEnumerable<Tensor> Load(string set, string kind, IReadOnlyList<TensorSpec> specs) =>
        specs.Select((spec, i) => (spec.Name, Path: Path.Combine(set, $"{kind}_{i}.pb")))
            .Where(file => File.Exists(file.Path))
            .Select(file => TensorProto.Read(file.Name, File.ReadAllBytes(file.Path)));

    private static (IReadOnlyList<Tensor>? Outputs, string? Fault) Bare(IInferenceSession session, GoldenSample sample)
    {
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        for (int i = 0; i < sample.Inputs.Length; i++)
        {
            call.Inputs[i].CopyFrom(sample.Inputs[i]);
        }

        Finding? fault = session.Run(call);
        return fault is null ? (call.Outputs, null) : (null, fault.Message);
    }

    private static (IReadOnlyList<Tensor>? Outputs, string? Fault) Through(
        IInferenceSession session, GoldenSample sample)
    {
        InferenceCall call = new(session.Signature);
        byte[] body = InferenceClient.WriteRequest(sample.Inputs);
        using InferenceResponseWriter writer = new();
        Finding? fault = InferenceRequestReader.Read(body, body.Length, call)
            ?? session.Run(call)
            ?? writer.Write("m", "1", call);
        if (fault is not null
            || !InferenceClient.TryReadAnswer(writer.Written.Span, out InferenceAnswer? answer, out fault))
        {
            return (null, fault.ToString());
        }

        return (answer.Outputs, null);
    }

    private static string? Difference(GoldenSamples golden, (IReadOnlyList<Tensor>? Outputs, string? Fault) result)
    {
        if (result.Outputs is null)
        {
            return result.Fault;
        }

        GoldenJudge judge = new(golden);
        judge.Outputs(result.Outputs);
        return judge.Verdict.Passed ? null : judge.Verdict.FirstDisagreement;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
