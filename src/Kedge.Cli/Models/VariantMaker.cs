using System.Collections.Immutable;
using System.Globalization;
using Kedge.Content.Gate;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Onnx;
using Kedge.Onnx.Rewriting;

namespace Kedge.Cli.Models;

/// <summary>
/// Makes variants of one model. Whatever comes out is looked over by the gate before it is loaded or written. Weights
/// that the graph computes from something smaller are computed first, where the model has no others.
/// </summary>
/// <param name="model">The model, which the gate has accepted.</param>
internal sealed class VariantMaker(ReadOnlyMemory<byte> model)
{
    private readonly Dictionary<OnnxGraphLevel, ReadOnlyMemory<byte>> _saved = [];

    /// <summary>Makes one.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="file">The file; empty when it was not made.</param>
    /// <param name="weights">What became of the weights, as a few words; empty where they are untouched.</param>
    /// <returns>Null, or why it was not made.</returns>
    public Finding? Make(VariantKind kind, out ReadOnlyMemory<byte> file, out string weights)
    {
        weights = "";
        file = default;
        Finding? finding = null;
        switch (kind)
        {
            case VariantKind.Graph:
                finding = Save(OnnxGraphLevel.Extended, out file);
                break;
            case VariantKind.Fp16:
                finding = Rewrite(HalfWeights.Rewrite, out file, out weights);
                break;
            case VariantKind.Int8:
                finding = Rewrite(QuantizedWeights.Rewrite, out file, out weights);
                break;
            case VariantKind.Unknown:
            default:
                throw Check.Unreachable(kind);
        }

        if (finding is null && ModelGate.Inspect(kind.ToString(), file) is GateOutcome.Refused refused)
        {
            finding = refused.Findings[0];
        }

        file = finding is null ? file : default;
        return finding;
    }

    private Finding? Rewrite(
        Func<ReadOnlyMemory<byte>, RewriteOutcome> rewrite, out ReadOnlyMemory<byte> file, out string weights)
    {
        weights = "";
        file = default;
        RewriteOutcome outcome = rewrite(model);
        if (outcome is RewriteOutcome.Refused first && first.Finding.Code == OnnxErrors.NothingToRewrite.Code
            && Save(OnnxGraphLevel.Basic, out ReadOnlyMemory<byte> computed) is null)
        {
            outcome = rewrite(computed);
        }

        if (outcome is not RewriteOutcome.Rewritten rewritten)
        {
            return ((RewriteOutcome.Refused)outcome).Finding;
        }

        file = rewritten.File;
        weights = Words(rewritten.Weights);
        return null;
    }

    private static string Words(ImmutableArray<WeightReport> reports)
    {
        int Count(WeightTreatment treatment) => reports.Count(report => report.Treatment == treatment);
        List<string> words = [];
        foreach ((WeightTreatment treatment, string word) in new[]
        {
            (WeightTreatment.StoredHalf, "stored in 16 bits"), (WeightTreatment.StoredInt8, "stored in 8 bits"),
            (WeightTreatment.ComputedInt8, "computed in 8 bits"), (WeightTreatment.Kept, "kept"),
        })
        {
            if (Count(treatment) > 0)
            {
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{Count(treatment)} {word}"));
            }
        }

        return string.Join(", ", words);
    }

    /// <summary>Lets the runtime write the graph as it would run it; done once for each level.</summary>
    private Finding? Save(OnnxGraphLevel level, out ReadOnlyMemory<byte> file)
    {
        file = default;
        if (!_saved.TryGetValue(level, out ReadOnlyMemory<byte> saved))
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("kedge-optimize-");
            try
            {
                string path = Path.Combine(folder.FullName, "graph.onnx");
                using (OnnxSession.FromBytes(
                    model.Span, new OnnxSessionOptions { GraphLevel = level, SavesGraphTo = path }))
                {
                }

                if (new FileInfo(path) is not { Exists: true, Length: <= OnnxLimits.ModelBytesMax })
                {
                    return CliErrors.VariantNotMade.At("ONNX Runtime wrote no file, or one of more than 2 GiB.");
                }

                Finding? finding = SavedGraph.Mend(File.ReadAllBytes(path), model, out file);
                if (finding is not null)
                {
                    return finding;
                }
            }
            catch (KedgeException exception)
            {
                return CliErrors.VariantNotMade.At(exception.Finding.ToString());
            }
            finally
            {
                folder.Delete(recursive: true);
            }

            _saved[level] = file;
            return null;
        }

        file = saved;
        return null;
    }
}
