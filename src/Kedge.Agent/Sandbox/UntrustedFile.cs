using System.Runtime.InteropServices;
using Kedge.Agent.Native;
using Microsoft.Win32.SafeHandles;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Reads files that model servers wrote. They may write into their folder what they like, so that nothing there is
/// trusted: links are not followed, only files are read, and of those only so much.
/// </summary>
internal static class UntrustedFile
{
    /// <summary>The end of a file.</summary>
    /// <param name="path">Which.</param>
    /// <param name="bytesMax">How much of it at most.</param>
    /// <param name="isWhole">True when that is all of it.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="IOException">It is no file, or cannot be read.</exception>
    internal static byte[]? ReadEnd(string path, int bytesMax, out bool isWhole)
    {
        isWhole = false;
        int descriptor = AgentLibc.Open(path, AgentLibc.OpenUntrusted, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == AgentLibc.NoEntry
                ? null
                : throw new IOException($"{path} cannot be opened: {AgentLibc.LastError()}");
        }

        using SafeFileHandle file = new(descriptor, ownsHandle: true);
        try
        {
            long length = RandomAccess.GetLength(file);
            long start = Math.Max(0, length - bytesMax);
            byte[] bytes = new byte[Math.Min(length, bytesMax)];
            int count = 0;
            while (count < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(count), start + count) is > 0 and int n)
            {
                count += n;
            }

            isWhole = start == 0;
            return count == bytes.Length ? bytes : bytes[..count];
        }
        catch (NotSupportedException)
        {
            throw new IOException($"{path} is not a file");
        }
    }
}
