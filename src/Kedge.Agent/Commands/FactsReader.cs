using System.Runtime.InteropServices;
using Kedge.Agent.Disk;
using Kedge.Agent.Inventory;
using Kedge.Core.Borders;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Commands;

/// <summary>Reads the machine, and what only this process knows of it.</summary>
internal static class FactsReader
{
    // The release that the package brings: eng/native/pins.txt.
    private const string RuntimeVersion = "1.30.0";

    internal static DeviceFacts Read(RealDisk inventory, RealDisk data, bool isSimulated) =>
        InventoryReader.Read(inventory, new InventoryContext
        {
            Simulated = isSimulated,
            HostArchitecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            Runtimes = [new RuntimeFacts(ModelFormat.Onnx, RuntimeVersion)],
        }) with
        {
            DataFreeBytes = Free(data),
        };

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
