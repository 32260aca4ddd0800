namespace Kedge.Agent.Inventory;

/// <summary>
/// Bounds of what the inventory reads and tells, each with unit and reason. With every count at its bound the facts
/// still fit into one message to the server.
/// </summary>
public static class InventoryLimits
{
    /// <summary>Bytes of a file that holds one value: the kernel gives a page at most.</summary>
    public const int ValueBytesMax = 4096;

    /// <summary>Bytes of a file with many lines, read up to here: <c>cpuinfo</c> of 512 processors.</summary>
    public const int ListingBytesMax = AgentLimits.InventoryBytesMax;

    /// <summary>Names looked at in one folder: <c>/dev</c> and <c>/sys/block</c> of a large server.</summary>
    public const int NamesMax = 4096;

    /// <summary>Characters of one text: the longest processor and distribution names have about 60.</summary>
    public const int TextCharsMax = 96;

    /// <summary>Logical processors told: what one message holds.</summary>
    public const int CpusMax = 512;

    /// <summary>NUMA nodes told: an eight-socket machine with four nodes per socket.</summary>
    public const int NumaNodesMax = 32;

    /// <summary>Block devices told.</summary>
    public const int DisksMax = 32;

    /// <summary>Accelerators told.</summary>
    public const int AcceleratorsMax = 16;

    /// <summary>Thermal zones told: systems on chip have up to some forty.</summary>
    public const int ThermalZonesMax = 48;

    /// <summary>Linux security modules told: the kernel knows about a dozen.</summary>
    public const int SecurityModulesMax = 16;

    /// <summary>Kinds of Arm cores in one machine: three are common.</summary>
    public const int CoreKindsMax = 4;

    /// <summary>Largest amount of memory or disk believed, in bytes: 1 EiB; beyond it a file is torn.</summary>
    public const long AmountBytesMax = 1L << 60;

    /// <summary>Highest frequency believed, in kHz.</summary>
    public const long FrequencyKHzMax = 100_000_000;

    /// <summary>Highest number of a core, package or node believed.</summary>
    public const int NumberMax = 65_535;

    /// <summary>Lowest temperature believed, in thousandths of a degree Celsius; a sensor that is off tells less.
    /// </summary>
    public const int MilliCelsiusMin = -100_000;

    /// <summary>Highest temperature believed, in thousandths of a degree Celsius.</summary>
    public const int MilliCelsiusMax = 300_000;
}
