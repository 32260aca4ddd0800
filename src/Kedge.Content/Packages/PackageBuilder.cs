using System.Collections.Immutable;
using Kedge.Content.Chunking;
using Kedge.Content.Gate;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// Makes a package of a model file: the gate, then chunks, then the manifest. Same request, same bytes.
/// </summary>
public static class PackageBuilder
{
    /// <summary>Where the model lies in the package.</summary>
    public const string ModelPath = "model.onnx";

    /// <summary>Where the golden samples lie in the package.</summary>
    public const string GoldenPath = "golden.json";

    /// <summary>
    /// Builds the package that <paramref name="request"/> asks for, or says everything that is wrong.
    /// </summary>
    public static BuildOutcome Build(PackageRequest request)
    {
        GateOutcome gate = ModelGate.Inspect(request.FileName, request.Model.Span);
        if (gate is GateOutcome.Refused refused)
        {
            return new BuildOutcome.Refused(refused.Findings);
        }

        Check.That(gate is GateOutcome.Accepted);
        PackageManifest manifest = Manifest(request, (GateOutcome.Accepted)gate);
        ImmutableArray<Finding> findings = PackageManifestCheck.Findings(manifest);
        if (!findings.IsEmpty)
        {
            return new BuildOutcome.Refused(findings);
        }

        byte[] payload = PackageFormat.Write(manifest);
        if (payload.Length > ModelLimits.ManifestBytesMax)
        {
            return new BuildOutcome.Refused([ContentErrors.TooLarge.At(
                $"The manifest has {payload.Length} bytes; at most {ModelLimits.ManifestBytesMax} are allowed.")]);
        }

        return new BuildOutcome.Built
        {
            Manifest = manifest,
            Payload = [.. payload],
            Identity = PackageIdentity.Of(manifest.Name, payload),
            Chunks = Chunks(manifest, request),
        };
    }

    private static PackageManifest Manifest(PackageRequest request, GateOutcome.Accepted gate)
    {
        ModelVariant variant = new()
        {
            Name = "onnx-" + gate.Precision,
            Format = gate.Format,
            Precision = gate.Precision,
            Accelerator = AcceleratorKind.Cpu,
            Architectures = request.Architectures,
            IsaFeatures = request.IsaFeatures,
            MemoryBytes = WorkingSetBytes(request.Model.Length, gate.ParameterBytes),
            Files = [FileChunker.Cut(ModelPath, request.Model.Span)],
            EntryFile = ModelPath,
        };
        return new PackageManifest
        {
            Name = request.Name,
            CreatedAtMs = request.CreatedAtMs,
            Inputs = gate.Inputs,
            Outputs = gate.Outputs,
            Variants = [variant],
            Golden = request.Golden is not { } golden ? null : new GoldenSet
            {
                File = FileChunker.Cut(GoldenPath, golden.File.Span),
                Source = golden.Source,
                SampleCount = golden.SampleCount,
            },
            Reference = request.Reference,
            Provenance = request.Provenance,
        };
    }

    /// <summary>The runtime, the file while it is parsed, and the weights as the runtime lays them out.</summary>
    private static long WorkingSetBytes(long fileBytes, long parameterBytes) =>
        ContentLimits.RuntimeBytes + fileBytes + parameterBytes;

    private static ImmutableArray<ChunkContent> Chunks(PackageManifest manifest, PackageRequest request)
    {
        ImmutableArray<ChunkContent>.Builder contents = ImmutableArray.CreateBuilder<ChunkContent>();
        HashSet<Digest> seen = [];
        foreach (PackageFile file in manifest.AllFiles())
        {
            ReadOnlyMemory<byte> rest = file.Path == ModelPath ? request.Model : request.Golden?.File ?? default;
            foreach (ChunkRef chunk in file.Chunks)
            {
                if (seen.Add(chunk.Digest))
                {
                    contents.Add(new ChunkContent(chunk, rest[..chunk.Bytes]));
                }

                rest = rest[chunk.Bytes..];
            }
        }

        return contents.DrainToImmutable();
    }
}
