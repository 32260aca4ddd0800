using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Oci;

/// <summary>Counts and hashes a blob as it comes, so that no more is taken than was announced.</summary>
internal sealed class BlobCheck(OciDescriptor blob) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes that came.</summary>
    public long Bytes { get; private set; }

    /// <summary>True when all came.</summary>
    public bool IsWhole => Bytes == blob.Bytes;

    /// <summary>The next bytes.</summary>
    /// <exception cref="KedgeException">There are too many (KEDGE-OCI-006).</exception>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > blob.Bytes - Bytes)
        {
            throw new KedgeException(
                OciErrors.TooLarge, $"blob {blob.Digest.Short} goes on behind its {blob.Bytes} bytes");
        }

        _hash.AppendData(bytes);
        Bytes += bytes.Length;
    }

    /// <summary>Says whether it is the blob.</summary>
    /// <exception cref="KedgeException">It is another (KEDGE-OCI-007).</exception>
    public void Finish()
    {
        Digest found = Digest.FromHash(_hash.GetHashAndReset());
        if (found != blob.Digest || !IsWhole)
        {
            throw new KedgeException(
                OciErrors.DigestMismatch,
                $"asked for {blob.Digest.Short} with {blob.Bytes} bytes, got {found.Short} with {Bytes}");
        }
    }

    public void Dispose() => _hash.Dispose();
}
