using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>Reads what a manifest says was measured and is allowed of a variant.</summary>
internal static class VariantReader
{
    public static bool TryCost(ref JsonCursor cursor, out VariantCost? cost)
    {
        cost = null;
        string hardware = "";
        long latencyUs = 0;
        long memoryBytes = 0;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "hardware" => cursor.TryText(HardwareClass.CharsMax, out hardware),
                "latencyUs" => cursor.TryNumber(out latencyUs),
                "memoryBytes" => cursor.TryNumber(out memoryBytes),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        cost = new VariantCost { Hardware = hardware, LatencyUs = latencyUs, MemoryBytes = memoryBytes };
        return cursor.Failure is null;
    }

    public static bool TryTolerance(ref JsonCursor cursor, out GoldenTolerance? tolerance)
    {
        tolerance = null;
        if (cursor.IsNull)
        {
            return true;
        }

        double absolute = -1;
        double relative = -1;
        double agreement = 1;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "absolute" => cursor.TryNumber(out absolute),
                "relative" => cursor.TryNumber(out relative),
                "minimumAgreement" => cursor.TryNumber(out agreement),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        tolerance = new GoldenTolerance
        {
            Absolute = absolute, Relative = relative, MinimumAgreement = agreement,
        };
        return cursor.Failure is null;
    }
}
