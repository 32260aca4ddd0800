using Kedge.Core;

namespace Kedge.ControlPlane.Content.Pace;

/// <summary>One answer with content while it is sent.</summary>
internal sealed class PaceTurn(
    ContentPace pace, string site, DeviceId device, SitePace? entered, CancellationToken ends) : IDisposable
{
    /// <summary>Waits until a piece may go; returns how much.</summary>
    public ValueTask<int> TakeAsync(int bytesMax) => pace.Of(site) is SitePace line
        ? line.TakeAsync(device, bytesMax, ends)
        : ValueTask.FromResult(bytesMax);

    /// <summary>Writes bytes to a body, piece by piece.</summary>
    public async Task WriteAsync(Stream body, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int piece = await TakeAsync(bytes.Length).ConfigureAwait(false);
            await body.WriteAsync(bytes[..piece], ends).ConfigureAwait(false);
            bytes = bytes[piece..];
        }
    }

    /// <summary>The answer has ended.</summary>
    public void Dispose() => entered?.Leave(device);
}
