namespace Kedge.Core.Borders;

/// <summary>Why a disk did not do what was asked. The caller decides by these; everything else is a bug.</summary>
public enum DiskFault
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>There is no such file or folder.</summary>
    Absent = 1,

    /// <summary>No space, no inode or no quota is left. Nothing or a part was written.</summary>
    Full = 2,

    /// <summary>The permissions or a read-only mount forbid it.</summary>
    Denied = 3,

    /// <summary>The file is larger than the caller's limit.</summary>
    TooLarge = 4,

    /// <summary>The device failed, or the kernel refused for another reason.</summary>
    Failed = 5,
}
