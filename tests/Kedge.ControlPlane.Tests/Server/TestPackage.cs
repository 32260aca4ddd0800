using System.Security.Cryptography;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Chunking;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>
/// A signed package whose content is seeded bytes: the server looks at digests and signatures, not at models.
/// </summary>
internal sealed class TestPackage
{
    private TestPackage(byte[] envelope, Digest digest, IReadOnlyList<byte[]> chunks) =>
        (Envelope, Digest, Chunks) = (envelope, digest, chunks);

    public byte[] Envelope { get; }

    public Digest Digest { get; }

    public IReadOnlyList<byte[]> Chunks { get; }

    public static TestPackage Make(ECDsa key, string name, byte seed, long claimedBytes = 0, string reference = "")
    {
        byte[] first = [.. Enumerable.Range(0, 30_000).Select(i => (byte)((i * 31) + seed))];
        byte[] second = [.. Enumerable.Range(0, 20_000).Select(i => (byte)((i * 7) + seed))];
        byte[] whole = [.. first, .. second];
        List<ChunkRef> chunks = [Ref(first), Ref(second)];
        long bytes = whole.Length;
        while (claimedBytes > bytes)
        {
            chunks.Add(new ChunkRef(
                Digest.Of([1, (byte)chunks.Count, (byte)(chunks.Count >> 8)]), ModelLimits.ChunkBytesMax));
            bytes += ModelLimits.ChunkBytesMax;
        }

        PackageManifest manifest = new()
        {
            Name = name,
            CreatedAtMs = 1,
            Reference = reference,
            Inputs = [new TensorDeclaration { Name = "x", Datatype = "FP32", Shape = [-1, 4] }],
            Outputs = [new TensorDeclaration { Name = "y", Datatype = "FP32", Shape = [-1, 2] }],
            Variants =
            [
                new ModelVariant
                {
                    Name = "onnx-fp32",
                    Format = ModelFormat.Onnx,
                    Precision = "fp32",
                    Accelerator = AcceleratorKind.Cpu,
                    EntryFile = "model.onnx",
                    Files =
                    [
                        new PackageFile
                        {
                            Path = "model.onnx", Bytes = bytes, Digest = Digest.Of(whole), Chunks = [.. chunks],
                        },
                    ],
                },
            ],
        };
        byte[] payload = PackageFormat.Write(manifest);
        return new TestPackage(
            Dsse.Sign(PackageFormat.PayloadType, payload, key), Digest.Of(payload), [first, second]);
    }

    /// <summary>A package of one file of any bytes, cut as the command line cuts it.</summary>
    public static TestPackage Of(ECDsa key, string name, string path, byte[] bytes)
    {
        PackageFile file = FileChunker.Cut(path, bytes);
        PackageManifest manifest = new()
        {
            Name = name,
            CreatedAtMs = 1,
            Inputs = [new TensorDeclaration { Name = "x", Datatype = "FP32", Shape = [-1, 4] }],
            Outputs = [new TensorDeclaration { Name = "y", Datatype = "FP32", Shape = [-1, 2] }],
            Variants =
            [
                new ModelVariant
                {
                    Name = "onnx-fp32",
                    Format = ModelFormat.Onnx,
                    Precision = "fp32",
                    Accelerator = AcceleratorKind.Cpu,
                    EntryFile = path,
                    Files = [file],
                },
            ],
        };
        byte[] payload = PackageFormat.Write(manifest);
        List<byte[]> chunks = [];
        int start = 0;
        foreach (ChunkRef chunk in file.Chunks)
        {
            chunks.Add(bytes[start..(start + chunk.Bytes)]);
            start += chunk.Bytes;
        }

        return new TestPackage(
            Dsse.Sign(PackageFormat.PayloadType, payload, key), Kedge.Core.Digest.Of(payload), chunks);
    }

    public static async Task<TestPackage> PushAsync(TestServer server, string name, string tag, byte seed)
    {
        using ECDsa key = server.ModelKey();
        return await Make(key, name, seed).PushAsync(server.Client, name, tag, server.Ct);
    }

    public async Task<TestPackage> PushAsync(KedgeClient client, string name, string tag, CancellationToken ct)
    {
        PushResource answer = await client.PushPackageAsync(Envelope, ct);
        foreach (byte[] chunk in Chunks.Where(c => answer.MissingChunks.Contains(Kedge.Core.Digest.Of(c).ToString())))
        {
            await client.PutChunkAsync(Kedge.Core.Digest.Of(chunk).ToString(), chunk, ct);
        }

        answer = await client.PushPackageAsync(Envelope, ct);
        Assert.Empty(answer.MissingChunks);
        await client.TagPackageAsync(name, tag, Digest.ToString(), ct);
        return this;
    }

    private static ChunkRef Ref(byte[] bytes) => new(Digest.Of(bytes), bytes.Length);
}
