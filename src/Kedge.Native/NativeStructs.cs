using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    internal int Descriptor;
    internal short Events;
    internal short Returned;
}

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal byte* Start;
    internal nuint Bytes;
}

/// <summary><c>struct msghdr</c> of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal byte* Name;
    internal uint NameBytes;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal byte* Ancillary;
    internal nuint AncillaryBytes;
    internal int Flags;
}

/// <summary><c>struct cmsghdr</c> and the descriptors that follow it: room for <see cref="DescriptorsMax"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RightsMessage
{
    internal const int DescriptorsMax = 4;
    internal const int HeaderBytes = 16;

    internal nuint Bytes;
    internal int Level;
    internal int Kind;
    internal fixed int Descriptors[DescriptorsMax];
}

/// <summary><c>itimerspec</c> of timerfd_settime(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimerSetting
{
    internal long AgainSeconds;
    internal long AgainNanoseconds;
    internal long FirstSeconds;
    internal long FirstNanoseconds;
}
