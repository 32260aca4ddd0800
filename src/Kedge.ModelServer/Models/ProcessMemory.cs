using System.Globalization;
using System.Text;

namespace Kedge.ModelServer.Models;

/// <summary>Memory of this process (proc(5), <c>/proc/self/statm</c>).</summary>
internal static class ProcessMemory
{
    /// <summary>
    /// Bytes that are in memory now and are no mapped file, which the kernel could read again; 0 where nobody knows.
    /// </summary>
    internal static long PrivateBytes()
    {
        try
        {
            string[] words = Encoding.ASCII.GetString(File.ReadAllBytes("/proc/self/statm")).Split(' ');
            return words.Length > 2
                && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long all)
                && long.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out long shared)
                ? (all - shared) * Environment.SystemPageSize
                : 0;
        }
        catch (IOException)
        {
            // No proc file system: then memory is what the files say.
            return 0;
        }
    }
}
