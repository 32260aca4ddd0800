using System.Runtime.InteropServices;
using Kedge.Agent.Disk;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Commands;

/// <summary>Reads the machine, and what only this process knows of it.</summary>
internal static class FactsReader
{
    internal static DeviceFacts Read(RealDisk inventory, RealDisk data, bool isSimulated) => new()
    {
        Simulated = isSimulated,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        MemoryBytes = Memory(inventory),
        MemoryAvailableBytes = Memory(inventory),
        DataFreeBytes = Free(data),
        Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
    };

    private static long Memory(RealDisk inventory)
    {
        string text = System.Text.Encoding.ASCII.GetString(
            inventory.Read("proc/meminfo", AgentLimits.InventoryBytesMax));
        string digits = new([.. text.Split('\n')[0].Where(char.IsAsciiDigit)]);
        return long.TryParse(digits, out long kilobytes) ? kilobytes * Limits.KiB : 0;
    }

    private static long Free(RealDisk data)
    {
        try
        {
            return data.FreeBytes("");
        }
        catch (DiskException)
        {
            // Not known: 0 says so.
            return 0;
        }
    }
}
