variable "project" {
  description = "The Google Cloud project that studies run in and that is billed."
  type        = string
}

variable "region" {
  description = "Where clusters and the bucket are; the same for both, or every byte is paid for."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket for inputs, results, code and logs; new, and unique in the world."
  type        = string
}

variable "submitters" {
  description = "Who may submit studies, such as user:name@example.org or group:als@example.org."
  type        = set(string)
  default     = []
}

variable "input_buckets" {
  description = "Other buckets that studies read from."
  type        = set(string)
  default     = []
}

variable "requester_pays" {
  description = "Whether studies read from buckets whose readers pay; this project is billed, so name it as cloud.requester_pays_project."
  type        = bool
  default     = false
}

variable "kept_days" {
  description = "For how many days what was deleted or replaced can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.kept_days >= 7 && var.kept_days <= 90
    error_message = "Google keeps deleted objects for 7 to 90 days."
  }
}

variable "temporary_kept_days" {
  description = "After how many days logs of drivers and nodes are deleted; Dataproc's temporary files go after 7."
  type        = number
  default     = 60
}

variable "most_spot_workers" {
  description = "The most spot workers that autoscaling may bring; max_cost of a study with the policy counts them all."
  type        = number
  default     = 50
}

variable "kms_key" {
  description = "Full name of a key that the bucket encrypts with; null: Google's own."
  type        = string
  default     = null
}

variable "way_to_pypi" {
  description = "Whether nodes may reach the internet by Cloud NAT to fetch packages; otherwise name cloud.wheels."
  type        = bool
  default     = false
}
