namespace Kedge.Tests.Support.Disks;

/// <summary>Power went away in the middle of a call. Nothing of the program catches it: the device is off.</summary>
public sealed class PowerCutException() : Exception("The power was cut.");
